"""How the seed talks to AWS: accounts, places (an account in a region), tags, and what to do when a call is refused."""

import contextlib
import json
import random
import sys
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError, UnknownServiceError
from botocore.parsers import ResponseParserError

MAIN, DISASTER, EDGE, GERMANY = "eu-west-1", "eu-west-3", "us-east-1", "eu-central-1"

# Vigie's role; every account gets it. The emulator does not check who may assume it.
ROLE = "VigieReadOnly"

# Header that test/estate/server.py reads to date back what is created. A plain moto server ignores it.
AGE_HEADER = "X-Estate-Age-Days"


class Unsupported(Exception):
    """The emulator refused a call. The piece it belongs to is left out; seeding goes on."""


class Estate:
    def __init__(self, endpoint, size):
        self.endpoint = endpoint
        self.size = size
        self.random = random.Random(7)
        self.unsupported = {}
        self.accounts = []
        self.age_days = 0
        self._session = boto3.Session()
        self._config = Config(retries={"max_attempts": 0}, max_pool_connections=4, parameter_validation=True)
        self._session.events.register("before-sign.*.*", self._date_back)

    @property
    def demo(self):
        return self.size == "demo"

    def n(self, small, demo):
        """A count that differs between the two sizes."""
        return demo if self.demo else small

    def reseed(self, number):
        """Make the emulator's random identifiers (account ids too) the same at each run."""
        request = urllib.request.Request(f"{self.endpoint}/moto-api/seed?a={number}", method="POST")
        try:
            urllib.request.urlopen(request, timeout=5).read()
        except OSError as error:
            self.report("moto-api.seed", str(error))

    @contextlib.contextmanager
    def aged(self, days):
        """What is created inside is dated back, where the server can do it."""
        before, self.age_days = self.age_days, days
        try:
            yield
        finally:
            self.age_days = before

    def _date_back(self, request, **_):
        if self.age_days:
            request.headers[AGE_HEADER] = str(self.age_days)

    def client(self, service, region, credentials):
        return self._session.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            config=self._config,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
        )

    def report(self, what, reason):
        if (what, reason[:60]) not in self.unsupported:
            self.unsupported[what, reason[:60]] = reason
            print(f"unsupported: {what}: {reason}", file=sys.stderr)


def _reason(error):
    """An emulator says that it lacks an action with a web page and status 500: no reason to read it out."""
    response = getattr(error, "response", {})
    if response.get("ResponseMetadata", {}).get("HTTPStatusCode") in (500, 501):
        return "not implemented by the emulator (HTTP 500)"
    return " ".join(str(error).split())[:200]


class Account:
    def __init__(self, estate, id, name, ou, environment, credentials, owner_tags=True):
        self.estate, self.id, self.name, self.ou = estate, id, name, ou
        self.environment = environment
        self.credentials = credentials
        self.owner_tags = owner_tags
        self._clients = {}

    def client(self, service, region):
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = self.estate.client(service, region, self.credentials)
        return self._clients[key]

    def at(self, region):
        return Place(self, region)


class Place:
    """One account in one region: where a piece of the estate is put."""

    def __init__(self, account, region):
        self.account, self.region, self.estate = account, region, account.estate
        self.aged = account.estate.aged
        self.random = account.estate.random
        self.n = account.estate.n

    def call(self, service, action, /, **arguments):
        """The call's answer, or Unsupported, after saying so once."""
        try:
            return getattr(self.account.client(service, self.region), action)(**arguments)
        except ParamValidationError:
            raise  # our own mistake, never the emulator's
        except (ClientError, UnknownServiceError, ResponseParserError, AttributeError) as error:
            reason = _reason(error)
            self.estate.report(f"{service}.{action}", reason)
            raise Unsupported(f"{service}.{action}: {reason}") from error

    def attempt(self, service, action, /, **arguments):
        """As call, for a step that the rest can do without: None when refused."""
        try:
            return self.call(service, action, **arguments)
        except Unsupported:
            return None

    def arn(self, service, resource):
        return f"arn:aws:{service}:{self.region}:{self.account.id}:{resource}"

    def role_arn(self, name):
        return f"arn:aws:iam::{self.account.id}:role/{name}"

    def zones(self, count=3):
        return [self.region + letter for letter in "abc"[:count]]

    def tags(self, name, application=None, environment=None, **more):
        return tags(self, name, application, environment, **more)


OWNERS = {
    "parcel-tracking": ("tracking-team@meridian-freight.example", "CC-4110"),
    "customs": ("customs-it@meridian-freight.example", "CC-4120"),
    "warehouse-management": ("wms-team@meridian-freight.example", "CC-4130"),
    "customer-portal": ("portal-team@meridian-freight.example", "CC-4140"),
    "freight-billing": ("finance-it@meridian-freight.example", "CC-5200"),
    "data-platform": ("data-platform@meridian-freight.example", "CC-4300"),
    "shared-services": ("platform-team@meridian-freight.example", "CC-9000"),
    "security": ("security@meridian-freight.example", "CC-9100"),
}


def tags(place, name, application=None, environment=None, **more):
    """The company's tag set, with the slips that a company makes: a tag forgotten, a key or value misspelt."""
    slip = place.random.random()
    found = {"Name": name}
    if application:
        found["Application"] = application
        owner, centre = OWNERS.get(application, OWNERS["shared-services"])
        if place.account.owner_tags and slip >= 0.05:
            found["Owner"] = owner
        if slip < 0.12 or slip > 0.2:
            found["CostCentre"] = centre
    environment = environment or place.account.environment
    if 0.20 < slip < 0.25:
        found["Enviroment"] = environment
    elif 0.25 < slip < 0.28:
        found["Environment"] = {"production": "prd", "staging": "Stage", "development": "DEV"}.get(environment, environment)
    elif slip > 0.04 and environment:
        found["Environment"] = environment
    if 0.28 < slip < 0.30 and application:
        found["Aplication"] = found.pop("Application")
    found.update(more)
    return found


def pairs(found):
    return [{"Key": key, "Value": value} for key, value in found.items()]


def lower_pairs(found):
    return [{"key": key, "value": value} for key, value in found.items()]


def specification(found, *kinds):
    """Tags in the form of EC2's create calls."""
    return [{"ResourceType": kind, "Tags": pairs(found)} for kind in kinds]


def piece(function):
    """A part of the estate that may be missing: what the emulator refuses inside it ends the part, not the seed."""

    def run(place, *arguments, **named):
        try:
            return function(place, *arguments, **named)
        except Unsupported:
            return None

    run.__name__, run.__doc__ = function.__name__, function.__doc__
    return run


def document(value):
    return json.dumps(value, separators=(",", ":"))
