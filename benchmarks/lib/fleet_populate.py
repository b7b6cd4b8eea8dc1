"""Run on a Docker host of the fleet: start what odoo_stack would start for each tenant of a request, a thousand times faster.

The steps are odoo_stack's own and so is what carries them out. Left out is what takes its time and leaves nothing behind (waiting
for readiness, for the route, for requests to end), and the containers' health checks: a thousand programs started every half minute
would be the two processors' whole work.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from concurrent import futures
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "collections"))

from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.stack import Stack, authority
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fleet_request import Asked, parse_request

WORKERS = 2
CARRIED_OUT = frozenset({"create_network", "write_files", "create_container", "start_container", "write_route"})


def populate(asked: Asked) -> None:
    stack = Stack(DockerEngine(), asked.tenant, "populating")
    desired, _observed, steps = stack.plan(asked.secrets, authority(asked.tenant))
    for step in steps:
        if step.action in CARRIED_OUT:
            wanted = step.container_set
            if wanted is not None:
                body = {**wanted.body, "Healthcheck": {"Test": ["NONE"]}}
                step = dataclasses.replace(step, container_set=dataclasses.replace(wanted, body=body))
            stack.worker.run(step, desired)


def main() -> None:
    request = parse_request(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with futures.ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(populate, request.tenants.values()))
    print(json.dumps({"tenants": len(request.tenants)}))


if __name__ == "__main__":
    main()
