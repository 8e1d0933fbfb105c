"""HS256 JSON Web Tokens (RFC 7519) as Supabase makes its anon and service_role keys, made without any of our code."""

import base64
import hashlib
import hmac
import json
import time


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _mac(secret, signed):
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()


def make_token(secret, role, life_seconds=3600, header=None, **claims):
    now = int(time.time())
    claims = {"role": role, "iss": "supabase-1", "iat": now, "exp": now + life_seconds, **claims}
    parts = [header or {"alg": "HS256", "typ": "JWT"}, claims]
    signed = ".".join(_encoded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return signed + "." + _encoded(_mac(secret, signed))


def read_token(secret, token):
    """The claims; None when the token does not verify."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        header, claims, signature = json.loads(_decoded(parts[0])), json.loads(_decoded(parts[1])), _decoded(parts[2])
    except ValueError:
        return None
    expected = _mac(secret, parts[0] + "." + parts[1])
    return claims if header.get("alg") == "HS256" and hmac.compare_digest(expected, signature) else None
