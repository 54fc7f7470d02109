"""Where Redis is and how to get in, read from its URL."""

import ssl
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

DEFAULT_PORT = 6379

_TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_CERTIFICATES = {"required": ssl.CERT_REQUIRED, "optional": ssl.CERT_OPTIONAL, "none": ssl.CERT_NONE}
_YES = ("1", "true", "yes")
_NO = ("0", "false", "no")


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """`socket_path`: of a Unix socket, "" for TCP. `is_tls`: with the files and checks that `tls` has, by the names of
    the URL's options."""

    host: str = "localhost"
    port: int = DEFAULT_PORT
    socket_path: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    database: int = 0
    is_tls: bool = False
    tls: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.socket_path or f"{self.host}:{self.port}"

    def tls_context(self) -> ssl.SSLContext | None:
        """Raises OSError where a file of certificates or keys cannot be read."""
        if not self.is_tls:
            return None
        context = ssl.create_default_context(cafile=self.tls.get("ssl_ca_certs"))
        required = self.tls.get("ssl_cert_reqs", "required")
        context.check_hostname = required != "none" and self.tls.get("ssl_check_hostname", "true") in _YES
        context.verify_mode = _CERTIFICATES[required]
        if certificate := self.tls.get("ssl_certfile"):
            context.load_cert_chain(certificate, self.tls.get("ssl_keyfile"))
        return context


def parse_redis_url(url: str) -> RedisAddress:
    """`redis://[user:password@]host[:port][/database]`, `rediss://` for TLS, `unix://[user:password@]/path[?db=n]`.

    Options of `rediss://`: `ssl_ca_certs`, `ssl_certfile`, `ssl_keyfile` (paths), `ssl_cert_reqs` (`required`,
    `optional`, `none`), `ssl_check_hostname`. Raises ValueError, which does not repeat the URL: it may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # Its own words repeat what it could not read.
        raise ValueError(
            "the Redis URL has no host and port that can be read (in a password, / ? # are %2F %3F %23)"
        ) from None
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise ValueError("the Redis URL must begin with redis://, rediss:// or unix://")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    database = options.pop("db", "")
    path = unquote(parts.path)
    if parts.scheme == "unix":
        if not path:
            raise ValueError("the Redis URL names no socket: unix:///path/to/socket")
    else:
        database, path = database or path.removeprefix("/"), ""
    is_tls = parts.scheme == "rediss"
    return RedisAddress(
        host=parts.hostname or "localhost",
        port=_port(port),
        socket_path=path,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=_database(database),
        is_tls=is_tls,
        tls=_tls_options(options, is_tls),
    )


def _port(port: int | None) -> int:
    return DEFAULT_PORT if port is None else port


def _database(text: str) -> int:
    if text and not (text.isascii() and text.isdigit()):
        raise ValueError("the database of the Redis URL must be a number")
    return int(text or 0)


def _tls_options(options: dict[str, str], is_tls: bool) -> dict[str, str]:
    known = (*_TLS_FILES, "ssl_cert_reqs", "ssl_check_hostname") if is_tls else ()
    if set(options) - set(known):
        raise ValueError(f"the Redis URL has an option that is not known; there are {', '.join(('db', *known))}")
    if options.get("ssl_cert_reqs", "required") not in _CERTIFICATES:
        raise ValueError(f"ssl_cert_reqs must be one of {', '.join(_CERTIFICATES)}")
    if options.get("ssl_check_hostname", "true") not in (*_YES, *_NO):
        raise ValueError("ssl_check_hostname must be true or false")
    return options
