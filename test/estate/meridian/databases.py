"""Databases, caches, warehouses."""

from .aws import pairs, piece
from .watch import alarm

PASSWORD = "CANARY-database-password"


@piece
def subnet_group(place, network):
    name = f"{network.name}-db"
    place.call("rds", "create_db_subnet_group", DBSubnetGroupName=name, DBSubnetGroupDescription=f"Data tier of {network.name}",
               SubnetIds=network.subnets["data"], Tags=pairs(place.tags(name, network.application)))
    return name


@piece
def instance(place, network, group, name, application, engine="postgres", version="15.5", kind="db.m6g.large", multi_az=True, encrypted=True,
             backup_days=14, public=False, size=200, key=None, age=600, protect=True):
    more = {"KmsKeyId": key} if key and encrypted else {}
    if engine.startswith("sqlserver"):
        more["LicenseModel"] = "license-included"
    else:
        more["DBName"] = application.replace("-", "_")
    with place.aged(age):
        place.call("rds", "create_db_instance", DBInstanceIdentifier=name, Engine=engine, EngineVersion=version, DBInstanceClass=kind, AllocatedStorage=size,
                   StorageType="gp3", MasterUsername="meridian", MasterUserPassword=PASSWORD, MultiAZ=multi_az, StorageEncrypted=encrypted,
                   BackupRetentionPeriod=backup_days, PubliclyAccessible=public, DBSubnetGroupName=group, DeletionProtection=protect,
                   AutoMinorVersionUpgrade=multi_az, VpcSecurityGroupIds=[network.group(f"{name}-db-sg", [5432 if engine == "postgres" else 3306], application=application)],
                   Tags=pairs(place.tags(name, application)), **more)
    alarm(place, f"{name}-cpu", "AWS/RDS", "CPUUtilization", {"DBInstanceIdentifier": name}, 80)
    alarm(place, f"{name}-free-storage", "AWS/RDS", "FreeStorageSpace", {"DBInstanceIdentifier": name}, 10)
    return name


@piece
def snapshot(place, instance_name, label, age):
    with place.aged(age):
        place.call("rds", "create_db_snapshot", DBInstanceIdentifier=instance_name, DBSnapshotIdentifier=f"{instance_name}-{label}",
                   Tags=[{"Key": "Reason", "Value": label}])


@piece
def aurora(place, network, group, name, application, engine="aurora-postgresql", version="15.4", instances=2, encrypted=True, backup_days=14, key=None):
    more = {"KmsKeyId": key} if key and encrypted else {}
    with place.aged(500):
        place.call("rds", "create_db_cluster", DBClusterIdentifier=name, Engine=engine, EngineVersion=version, MasterUsername="meridian",
                   MasterUserPassword=PASSWORD, StorageEncrypted=encrypted, BackupRetentionPeriod=backup_days, DBSubnetGroupName=group,
                   AvailabilityZones=place.zones(), VpcSecurityGroupIds=[network.group(f"{name}-db-sg", [5432], application=application)],
                   Tags=pairs(place.tags(name, application)), **more)
    for number in range(1, instances + 1):
        place.attempt("rds", "create_db_instance", DBInstanceIdentifier=f"{name}-{number}", DBClusterIdentifier=name, Engine=engine,
                      DBInstanceClass="db.r6g.large", AvailabilityZone=place.zones()[(number - 1) % 3], Tags=pairs(place.tags(f"{name}-{number}", application)))
    alarm(place, f"{name}-replica-lag", "AWS/RDS", "AuroraReplicaLagMaximum", {"DBClusterIdentifier": name}, 1000)
    return name


@piece
def aurora_snapshot(place, cluster, label, age):
    with place.aged(age):
        place.call("rds", "create_db_cluster_snapshot", DBClusterIdentifier=cluster, DBClusterSnapshotIdentifier=f"{cluster}-{label}")


@piece
def table(place, name, application, recovery=True, sort=None, key=None):
    """A DynamoDB table; without recovery it cannot be put back to an earlier time."""
    attributes = [{"AttributeName": "id", "AttributeType": "S"}] + ([{"AttributeName": sort, "AttributeType": "S"}] if sort else [])
    schema = [{"AttributeName": "id", "KeyType": "HASH"}] + ([{"AttributeName": sort, "KeyType": "RANGE"}] if sort else [])
    more = {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}} if key else {}
    with place.aged(350):
        place.call("dynamodb", "create_table", TableName=name, AttributeDefinitions=attributes, KeySchema=schema, BillingMode="PAY_PER_REQUEST",
                   Tags=pairs(place.tags(name, application)), **more)
    if recovery:
        place.attempt("dynamodb", "update_continuous_backups", TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    return name


@piece
def cache_subnets(place, network):
    name = f"{network.name}-cache"
    place.call("elasticache", "create_cache_subnet_group", CacheSubnetGroupName=name, CacheSubnetGroupDescription=f"Data tier of {network.name}",
               SubnetIds=network.subnets["data"])
    return name


@piece
def cache(place, network, group, name, application, engine="memcached", kind="cache.t4g.small"):
    more = {"CacheSubnetGroupName": group} if group else {}
    port = 6379 if engine == "redis" else 11211
    place.call("elasticache", "create_cache_cluster", CacheClusterId=name, Engine=engine, CacheNodeType=kind, NumCacheNodes=1,
               SecurityGroupIds=[network.group(f"{name}-cache-sg", [port], application=application)], Tags=pairs(place.tags(name, application)), **more)


@piece
def replication(place, group, name, application, replicas=1, encrypted=True):
    more = {"CacheSubnetGroupName": group} if group else {}
    place.call("elasticache", "create_replication_group", ReplicationGroupId=name, ReplicationGroupDescription=f"{application} cache", Engine="redis",
               CacheNodeType="cache.r6g.large", NumNodeGroups=1, ReplicasPerNodeGroup=replicas, AutomaticFailoverEnabled=bool(replicas), MultiAZEnabled=bool(replicas),
               AtRestEncryptionEnabled=encrypted, TransitEncryptionEnabled=encrypted, Tags=pairs(place.tags(name, application)), **more)


@piece
def warehouse(place, network, name, application, nodes=2, encrypted=True, public=False):
    group = f"{network.name}-redshift"
    if not getattr(network, "redshift_group", None):
        place.call("redshift", "create_cluster_subnet_group", ClusterSubnetGroupName=group, Description="Data tier", SubnetIds=network.subnets["data"])
        network.redshift_group = group
    place.call("redshift", "create_cluster", ClusterIdentifier=name, NodeType="ra3.xlplus", ClusterType="multi-node" if nodes > 1 else "single-node",
               MasterUsername="meridian", MasterUserPassword="Canary-1-warehouse", DBName="freight", ClusterSubnetGroupName=group,
               Encrypted=encrypted, PubliclyAccessible=public, Tags=pairs(place.tags(name, application)),
               VpcSecurityGroupIds=[network.group(f"{name}-redshift-sg", [5439], application=application)], **({"NumberOfNodes": nodes} if nodes > 1 else {}))
