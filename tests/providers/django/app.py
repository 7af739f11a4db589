#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An identity provider made with django-oauth-toolkit.

	app.py FOLDER ISSUER make		its database, the client cli, users alice and bob
	app.py FOLDER ISSUER serve PORT		at 127.0.0.1
	app.py FOLDER ISSUER revoke USER	ends all sign-ins of that user
	app.py FOLDER ISSUER expire		ends all access tokens

FOLDER has key.pem, which signs ID tokens and is read at each request.
"""
import sys
from pathlib import Path

import django
from django.conf import settings

folder, issuer = Path(sys.argv[1]), sys.argv[2]

LOGIN = """<form method="post" action="">{% csrf_token %}
<input type="text" name="username"><input type="password" name="password">
<input type="hidden" name="next" value="{{ next }}"></form>"""


def read_key(get_response):
    """As a site does that takes its key from a place where it is exchanged."""
    from oauth2_provider.settings import oauth2_settings

    def middleware(request):
        oauth2_settings.OIDC_RSA_PRIVATE_KEY = (folder / "key.pem").read_text()
        return get_response(request)

    return middleware


settings.configure(
    SECRET_KEY="not-secret",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3",
                           "NAME": str(folder / "django.db"), "OPTIONS": {"timeout": 30}}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes",
                    "django.contrib.sessions", "oauth2_provider"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                "django.middleware.csrf.CsrfViewMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                __name__ + ".read_key"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"],
                            "loaders": [("django.template.loaders.locmem.Loader",
                                         {"registration/login.html": LOGIN}),
                                        "django.template.loaders.app_directories.Loader"]}}],
    LOGIN_URL="/login",
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": issuer,
        "OIDC_RSA_PRIVATE_KEY": (folder / "key.pem").read_text(),
        "SCOPES": {"openid": "OpenID", "introspection": "Introspection"},
        "ACCESS_TOKEN_EXPIRE_SECONDS": 120,
        "ROTATE_REFRESH_TOKEN": True,
        "PKCE_REQUIRED": True,
    },
)
django.setup()

from django.contrib.auth.views import LoginView  # noqa: E402
from django.urls import include, path  # noqa: E402

urlpatterns = [path("login", LoginView.as_view()),
               path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]


def make():
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    for name in ("alice", "bob"):
        User.objects.create_user(name, password="wonderland")
    Application.objects.create(
        client_id="cli", name="cli", client_type=Application.CLIENT_PUBLIC,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris="http://127.0.0.1/callback", algorithm=Application.RS256_ALGORITHM)


def serve(port):
    from django.core.servers.basehttp import run
    from django.core.wsgi import get_wsgi_application

    run("127.0.0.1", int(port), get_wsgi_application(), threading=True)


def revoke(name):
    from oauth2_provider.models import RefreshToken

    for token in RefreshToken.objects.filter(user__username=name, revoked=None):
        token.revoke()


def expire():
    from django.utils import timezone
    from oauth2_provider.models import AccessToken

    AccessToken.objects.update(expires=timezone.now() - timezone.timedelta(seconds=1))


if __name__ == "__main__":
    {"make": make, "serve": serve, "revoke": revoke, "expire": expire}[sys.argv[3]](*sys.argv[4:])
