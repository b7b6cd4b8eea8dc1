# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options odoo.conf knows, by series, from odoo/tools/config.py of that series.

Odoo only warns about a key it does not know, so a mistyped limit would go unnoticed: unknown keys are refused here.
"""

from __future__ import annotations

import difflib
import typing as t

_SERIES_19 = frozenset(
    [
        "addons_path",
        "admin_passwd",
        "bin_path",
        "csv_internal_sep",
        "data_dir",
        "db_app_name",
        "db_host",
        "db_maxconn",
        "db_maxconn_gevent",
        "db_name",
        "db_password",
        "db_port",
        "db_replica_host",
        "db_replica_port",
        "db_sslmode",
        "db_template",
        "db_user",
        "dbfilter",
        "email_from",
        "from_filter",
        "geoip_city_db",
        "geoip_country_db",
        "gevent_port",
        "http_enable",
        "http_interface",
        "http_port",
        "import_file_maxbytes",
        "import_file_timeout",
        "import_url_regex",
        "limit_memory_hard",
        "limit_memory_hard_gevent",
        "limit_memory_soft",
        "limit_memory_soft_gevent",
        "limit_request",
        "limit_time_cpu",
        "limit_time_real",
        "limit_time_real_cron",
        "limit_time_worker_cron",
        "list_db",
        "log_db",
        "log_db_level",
        "log_handler",
        "log_level",
        "logfile",
        "max_cron_threads",
        "osv_memory_count_limit",
        "pg_path",
        "pidfile",
        "pre_upgrade_scripts",
        "proxy_access_token",
        "proxy_mode",
        "publisher_warranty_url",
        "reportgz",
        "screencasts",
        "screenshots",
        "server_wide_modules",
        "skip_auto_install",
        "smtp_password",
        "smtp_port",
        "smtp_server",
        "smtp_ssl",
        "smtp_ssl_certificate_filename",
        "smtp_ssl_private_key_filename",
        "smtp_user",
        "syslog",
        "transient_age_limit",
        "unaccent",
        "upgrade_path",
        "websocket_keep_alive_timeout",
        "websocket_rate_limit_burst",
        "websocket_rate_limit_delay",
        "with_demo",
        "workers",
        "x_sendfile",
    ]
)
KNOWN: t.Mapping[str, frozenset[str]] = {"19.0": _SERIES_19}

#: Options that follow from other variables, or whose value is a secret or a guarantee of the platform.
MANAGED: t.Mapping[str, str] = {
    **dict.fromkeys(("db_host", "db_port", "db_sslmode"), "odoo_postgresql_clusters"),
    **dict.fromkeys(("db_replica_host", "db_replica_port"), "odoo_database_replica"),
    **dict.fromkeys(("db_name", "dbfilter"), "odoo_database"),
    "db_user": "odoo_database_user",
    **dict.fromkeys(("db_password", "admin_passwd"), "the tenant's secrets"),
    "db_maxconn": "odoo_db_maxconn",
    "db_maxconn_gevent": "odoo_db_maxconn_gevent",
    "workers": "odoo_web_workers and odoo_queue_workers",
    "max_cron_threads": "odoo_cron_threads",
    "smtp_server": "odoo_smtp_host",
    "smtp_port": "odoo_smtp_port",
    **dict.fromkeys(
        (
            "addons_path",
            "data_dir",
            "gevent_port",
            "http_enable",
            "http_interface",
            "http_port",
            "list_db",
            "logfile",
            "proxy_mode",
            "server_wide_modules",
        ),
        "the platform",
    ),
}


def problems(options: t.Mapping[str, t.Any], series: str) -> list[str]:
    """Say what is wrong with the keys of odoo_config, one text a problem."""
    known = KNOWN.get(series)
    if known is None:
        return [f"odoo_series={series!r}: must be one of {', '.join(sorted(KNOWN))}"]
    found = []
    for key, value in sorted(options.items()):
        if key in MANAGED:
            found.append(f"odoo_config.{key}={value!r}: is set through {MANAGED[key]}")
        elif key not in known:
            near = difflib.get_close_matches(key, known - MANAGED.keys(), n=1)
            found.append(
                f"odoo_config.{key}={value!r}: Odoo {series} has no such option"
                + (f"; did you mean {near[0]}?" if near else "")
            )
        elif isinstance(value, (dict, list)) or "\n" in str(value):
            found.append(f"odoo_config.{key}={value!r}: must be a single line of text, a number or a boolean")
    return found
