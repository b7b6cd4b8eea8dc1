#!/usr/bin/env bash
# The platform over two systemd machines with Docker inside, one of which is restarted in the end.
set -euo pipefail
cd "$ROOT"
# shellcheck source=scripts/environment.sh
. "$ROOT/scripts/environment.sh"
apt_install curl
# A task whose name begins with Verify is a test case.
export SCENARIO_CALLBACKS=ansible.posix.profile_tasks,ansible.builtin.junit JUNIT_OUTPUT_DIR=$STAGE_RESULTS
export JUNIT_TEST_CASE_PREFIX=Verify JUNIT_HIDE_TASK_ARGUMENTS=true JUNIT_INCLUDE_SETUP_TASKS_IN_REPORT=false
# What a run that was killed left behind; without an engine there is nothing.
if docker info >/dev/null 2>&1; then
    nice molecule destroy --scenario-name platform
fi
nice molecule test --scenario-name platform
