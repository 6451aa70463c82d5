"""The organisation: management account, organisational units, member accounts."""

from .aws import ROLE, Account, document

MANAGEMENT = {"AccessKeyId": "management", "SecretAccessKey": "management"}

# name, organisational unit, environment, resources have an owner tag, part of the small size
MEMBERS = [
    ("meridian-production", "Production", "production", True, True),
    ("meridian-data", "Data platform", "production", True, False),
    ("meridian-shared-services", "Production", "production", True, False),
    ("meridian-nonproduction", "Non-production", "staging", True, False),
    ("meridian-security", "Security", "production", True, False),
    ("meridian-sandbox", "Sandbox", "sandbox", False, True),
]


def create(estate):
    """Returns the accounts by short name. A refusal here is the end: nothing can stand without accounts."""
    estate.reseed(20260)
    management = Account(estate, None, "meridian-management", "Root", "production", MANAGEMENT)
    place = management.at("us-east-1")
    management.id = place.call("sts", "get_caller_identity")["Account"]
    with estate.aged(1460):
        place.call("organizations", "create_organization", FeatureSet="ALL")
        root = place.call("organizations", "list_roots")["Roots"][0]["Id"]
        units = {}
        for name in ("Production", "Non-production", "Security", "Sandbox"):
            units[name] = _unit(place, root, name)
        units["Data platform"] = _unit(place, units["Production"], "Data platform")
        accounts = {"management": management}
        for name, ou, environment, owner_tags, in_small in MEMBERS:
            if not (estate.demo or in_small):
                continue
            accounts[name.removeprefix("meridian-")] = _member(place, estate, root, units, name, ou, environment, owner_tags)
    for account in accounts.values():
        _role(account)
    estate.accounts = list(accounts.values())
    return accounts


def _unit(place, parent, name):
    return place.call("organizations", "create_organizational_unit", ParentId=parent, Name=name)["OrganizationalUnit"]["Id"]


def _member(place, estate, root, units, name, ou, environment, owner_tags):
    status = place.call(
        "organizations", "create_account", AccountName=name, Email=f"aws+{name}@meridian-freight.example",
        Tags=[{"Key": "Environment", "Value": environment}],
    )["CreateAccountStatus"]
    id = status["AccountId"]
    place.call("organizations", "move_account", AccountId=id, SourceParentId=root, DestinationParentId=units[ou])
    credentials = place.call("sts", "assume_role", RoleArn=f"arn:aws:iam::{id}:role/{ROLE}", RoleSessionName="seed")["Credentials"]
    return Account(estate, id, name, ou, environment, credentials, owner_tags)


def _role(account):
    place = account.at("us-east-1")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "seeded-estate"}},
        }],
    }
    place.call("iam", "create_role", RoleName=ROLE, AssumeRolePolicyDocument=document(trust),
               Description="Read-only access for the managed-service provider")
