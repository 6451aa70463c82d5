"""The management account: bills, the organisation's trail, little else."""

from . import baseline, identity, protection, serverless, storage, watch
from .aws import EDGE, MAIN


def build(account):
    baseline.everywhere(account)
    home, place = account.at(EDGE), account.at(MAIN)
    base = baseline.regional(account, MAIN, backup=account.estate.demo)
    storage.bucket(place, "meridian-organisation-trail", "security", key=base["key"], expire=2555)
    protection.trail(place, "organisation-trail", "meridian-organisation-trail", organisation=True, key=base["key"])
    storage.bucket(home, "meridian-cost-and-usage", "shared-services", versioned=False)
    identity.user(home, "bookkeeping", ["readers"], mfa=False, keys=1, age=1200)
    serverless.function(place, "account-vending", "shared-services", "meridian-lambda-basic", retention=365)
    watch.topic(home, "meridian-budget", "shared-services", ["finance@meridian-freight.example"])
    watch.alarm(home, "estimated-charges", "AWS/Billing", "EstimatedCharges", {"Currency": "EUR"}, 60000, topic="budget")
