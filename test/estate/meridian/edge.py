"""Names and the content network: what the world asks first."""

from .aws import pairs, piece


@piece
def zone(place, name, network=None, comment=""):
    more = {"VPC": {"VPCRegion": network.place.region, "VPCId": network.vpc}} if network else {}
    id = place.call("route53", "create_hosted_zone", Name=name, CallerReference=f"{name}-{'private' if network else 'public'}-{place.account.name}",
                    HostedZoneConfig={"Comment": comment or name, "PrivateZone": bool(network)}, **more)["HostedZone"]["Id"].split("/")[-1]
    place.attempt("route53", "change_tags_for_resource", ResourceType="hostedzone", ResourceId=id, AddTags=pairs(place.tags(name, "shared-services")))
    return id


@piece
def alias(place, zone_id, name, target, target_zone):
    """An alias record to a load balancer or a distribution."""
    place.call("route53", "change_resource_record_sets", HostedZoneId=zone_id, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {
        "Name": name, "Type": "A", "AliasTarget": {"HostedZoneId": target_zone, "DNSName": target, "EvaluateTargetHealth": True}}}]})


@piece
def record(place, zone_id, name, kind, *values):
    place.call("route53", "change_resource_record_sets", HostedZoneId=zone_id, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {
        "Name": name, "Type": kind, "TTL": 300, "ResourceRecords": [{"Value": value} for value in values]}}]})


CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"  # the same for every distribution in the world


@piece
def distribution(place, name, application, origin, certificate=None, acl=None, bucket=True, old_tls=False):
    shape = {"S3OriginConfig": {"OriginAccessIdentity": ""}} if bucket else {
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only" if old_tls else "https-only"}}
    viewer = {"CloudFrontDefaultCertificate": True}
    if certificate:
        viewer = {"ACMCertificateArn": certificate, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1" if old_tls else "TLSv1.2_2021"}
    config = {
        "CallerReference": name, "Comment": f"{application}: {name}", "Enabled": True, "PriceClass": "PriceClass_100",
        "Aliases": {"Quantity": 1, "Items": [name]} if certificate else {"Quantity": 0},
        "Origins": {"Quantity": 1, "Items": [{"Id": "origin", "DomainName": origin, **shape}]},
        "DefaultCacheBehavior": {"TargetOriginId": "origin", "ViewerProtocolPolicy": "allow-all" if old_tls else "redirect-to-https", "MinTTL": 0,
                                 "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}}},
        "ViewerCertificate": viewer,
    }
    if acl:
        config["WebACLId"] = acl
    found = place.call("cloudfront", "create_distribution_with_tags", DistributionConfigWithTags={
        "DistributionConfig": config, "Tags": {"Items": pairs(place.tags(name, application))}})["Distribution"]
    return found
