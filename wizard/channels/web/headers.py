"""The security headers of every page."""

from __future__ import annotations

from collections.abc import Mapping


def page_headers(frame_ancestors: str = "") -> Mapping[str, str]:
    """`frame_ancestors` are the sources that may show the pages inside theirs, separated by spaces (CSP level 3,
    6.4.2); none unless given. A page loads its own style, script and pictures, sends forms
    to itself, and asks after itself while work is under way."""
    policy = {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self'",
        "font-src": "'none'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": frame_ancestors or "'none'",
    }
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Content-Type": "text/html; charset=utf-8",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if not frame_ancestors:
        headers["X-Frame-Options"] = "DENY"
    return headers
