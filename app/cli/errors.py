"""RoundTableError
└── CommandError           a command ends here; its message is for the one at the keyboard
    ├── StartError         the fleet cannot be started as configured (exit code 1)
    ├── GatewayAwayError   no gateway answers, or it went and did not come back (exit code 1)
    └── RefusedError       the gateway refuses the request as it stands (exit code 2)
"""

from app.errors import RoundTableError


class CommandError(RoundTableError):
    exit_code = 1


class StartError(CommandError):
    code = "cannot_start"


class GatewayAwayError(CommandError):
    code = "gateway_away"


class RefusedError(CommandError):
    code = "refused"
    exit_code = 2
