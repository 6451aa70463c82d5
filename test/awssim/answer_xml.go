package awssim

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
)

func describeRegions(r *request, b *bytes.Buffer) *refused {
	x := xmlText{b}.begin(r).open("regionInfo")
	list := func(names []string, status string) {
		for _, n := range names {
			x.open("item").el("regionName", n).el("regionEndpoint", "ec2."+n+".amazonaws.com").el("optInStatus", status).shut("item")
		}
	}
	list(r.plan.Regions, "opt-in-not-required")
	if r.text("AllRegions") == "true" {
		list(r.plan.Off, "not-opted-in")
	}
	x.shut("regionInfo").end(r)
	return nil
}

// tagSet writes EC2's tags.
func (x xmlText) tagSet(name string, n int) xmlText {
	x.open("tagSet")
	l := labels(name, n)
	for i := 0; i < len(l); i += 2 {
		x.open("item").el("key", l[i]).el("value", l[i+1]).shut("item")
	}
	return x.shut("tagSet")
}

// list writes a page of EC2's: each element of set by item, then the token.
func (r *request) list(b *bytes.Buffer, typ, set string, most int, item func(x xmlText, i int)) *refused {
	p := r.turn(r.plan.count(typ), "MaxResults", "NextToken", most, most)
	x := xmlText{b}.begin(r).open(set)
	for i := p.from; i < p.before; i++ {
		x.open("item")
		item(x, i)
		x.shut("item")
	}
	x.shut(set)
	if p.next != "" {
		x.el("nextToken", p.next)
	}
	x.end(r)
	return nil
}

func (r *request) zone(i int) string { return r.region + string(rune('a'+i%3)) }

// subnetOf and groupOf spread resources over what there is.
func (r *request) subnetOf(i int) string {
	return r.id("subnet", i%max(1, r.plan.count("AWS::EC2::Subnet")))
}
func (r *request) groupOf(i int) string {
	return r.id("sg", i%max(1, r.plan.count("AWS::EC2::SecurityGroup")))
}

// describeInstances ignores filters: all its instances run.
func describeInstances(r *request, b *bytes.Buffer) *refused {
	return r.list(b, "AWS::EC2::Instance", "reservationSet", 1000, func(x xmlText, i int) {
		id := r.id("i", i)
		ip := "10." + strconv.Itoa(i>>16&255) + "." + strconv.Itoa(i>>8&255) + "." + strconv.Itoa(i&255)
		x.el("reservationId", r.id("r", i)).el("ownerId", r.account).open("groupSet").shut("groupSet").open("instancesSet").open("item")
		x.el("instanceId", id).el("imageId", r.id("ami", i%10)).open("instanceState").int("code", 16).el("name", "running").shut("instanceState")
		x.el("privateDnsName", "ip-"+strings.ReplaceAll(ip, ".", "-")+"."+r.region+".compute.internal").el("dnsName", "").el("reason", "").el("keyName", "operations")
		x.int("amiLaunchIndex", 0).open("productCodes").shut("productCodes").el("instanceType", "m6i.large").el("launchTime", bornText)
		x.open("placement").el("availabilityZone", r.zone(i)).el("groupName", "").el("tenancy", "default").shut("placement")
		x.open("monitoring").el("state", "disabled").shut("monitoring").el("subnetId", r.subnetOf(i)).el("vpcId", r.id("vpc", 0)).el("privateIpAddress", ip)
		x.el("sourceDestCheck", "true").open("groupSet").open("item").el("groupId", r.groupOf(i)).el("groupName", "servers").shut("item").shut("groupSet")
		x.el("architecture", "x86_64").el("rootDeviceType", "ebs").el("rootDeviceName", "/dev/xvda").open("blockDeviceMapping").open("item")
		x.el("deviceName", "/dev/xvda").open("ebs").el("volumeId", r.id("vol", i)).el("status", "attached").el("attachTime", bornText).
			el("deleteOnTermination", "true").shut("ebs").shut("item").shut("blockDeviceMapping")
		x.el("virtualizationType", "hvm").el("clientToken", "").tagSet("server-"+strconv.Itoa(i), i).el("hypervisor", "xen").el("ebsOptimized", "true").el("enaSupport", "true")
		x.open("metadataOptions").el("state", "applied").el("httpTokens", "required").int("httpPutResponseHopLimit", 2).el("httpEndpoint", "enabled").shut("metadataOptions")
		x.el("platformDetails", "Linux/UNIX").shut("item").shut("instancesSet")
	})
}

func describeVolumes(r *request, b *bytes.Buffer) *refused {
	instances := r.plan.count("AWS::EC2::Instance")
	return r.list(b, "AWS::EC2::Volume", "volumeSet", 500, func(x xmlText, i int) {
		state := "available"
		if i < instances {
			state = "in-use"
		}
		x.el("volumeId", r.id("vol", i)).int("size", 30).el("snapshotId", "").el("availabilityZone", r.zone(i)).el("status", state).el("createTime", bornText).open("attachmentSet")
		if i < instances {
			x.open("item").el("volumeId", r.id("vol", i)).el("instanceId", r.id("i", i)).el("device", "/dev/xvda").el("status", "attached").el("attachTime", bornText).
				el("deleteOnTermination", "true").shut("item")
		}
		x.shut("attachmentSet").el("volumeType", "gp3").int("iops", 3000).int("throughput", 125).el("encrypted", "true").
			el("kmsKeyId", r.arn("kms", "key/11111111-2222-4333-8444-555555555555")).el("multiAttachEnabled", "false").tagSet("disk-"+strconv.Itoa(i), i)
	})
}

func describeSnapshots(r *request, b *bytes.Buffer) *refused {
	return r.list(b, "AWS::EC2::Snapshot", "snapshotSet", 1000, func(x xmlText, i int) {
		x.el("snapshotId", r.id("snap", i)).el("volumeId", r.id("vol", i)).el("status", "completed").el("startTime", bornText).el("progress", "100%").el("ownerId", r.account)
		x.int("volumeSize", 30).el("description", "daily").el("encrypted", "true").el("storageTier", "standard").tagSet("copy-"+strconv.Itoa(i), i)
	})
}

func describeSubnets(r *request, b *bytes.Buffer) *refused {
	return r.list(b, "AWS::EC2::Subnet", "subnetSet", 1000, func(x xmlText, i int) {
		id := r.id("subnet", i)
		x.el("subnetId", id).el("subnetArn", r.arn("ec2", "subnet/"+id)).el("state", "available").el("ownerId", r.account).el("vpcId", r.id("vpc", 0))
		x.el("cidrBlock", "10."+strconv.Itoa(i>>8&255)+"."+strconv.Itoa(i&255)+".0/24").open("ipv6CidrBlockAssociationSet").shut("ipv6CidrBlockAssociationSet")
		x.int("availableIpAddressCount", 200).el("availabilityZone", r.zone(i)).el("availabilityZoneId", "az"+strconv.Itoa(i%3+1)).el("defaultForAz", "false")
		x.el("mapPublicIpOnLaunch", "false").el("assignIpv6AddressOnCreation", "false").tagSet("subnet-"+strconv.Itoa(i), i)
	})
}

func describeVpcs(r *request, b *bytes.Buffer) *refused {
	return r.list(b, "AWS::EC2::VPC", "vpcSet", 1000, func(x xmlText, i int) {
		x.el("vpcId", r.id("vpc", i)).el("ownerId", r.account).el("state", "available").el("cidrBlock", "10.0.0.0/8").open("cidrBlockAssociationSet").open("item")
		x.el("associationId", r.id("vpc-cidr-assoc", i)).el("cidrBlock", "10.0.0.0/8").open("cidrBlockState").el("state", "associated").shut("cidrBlockState")
		x.shut("item").shut("cidrBlockAssociationSet").el("dhcpOptionsId", r.id("dopt", 0)).tagSet("network-"+strconv.Itoa(i), i).el("instanceTenancy", "default").el("isDefault", "false")
	})
}

func describeSecurityGroups(r *request, b *bytes.Buffer) *refused {
	return r.list(b, "AWS::EC2::SecurityGroup", "securityGroupInfo", 1000, func(x xmlText, i int) {
		x.el("ownerId", r.account).el("groupId", r.id("sg", i)).el("groupName", "group-"+strconv.Itoa(i)).el("groupDescription", "servers").el("vpcId", r.id("vpc", 0))
		x.open("ipPermissions").open("item").el("ipProtocol", "tcp").int("fromPort", 443).int("toPort", 443).open("groups").shut("groups").
			open("ipRanges").open("item").el("cidrIp", "10.0.0.0/8").el("description", "inside").shut("item").shut("ipRanges").
			open("ipv6Ranges").shut("ipv6Ranges").open("prefixListIds").shut("prefixListIds").shut("item").shut("ipPermissions")
		x.open("ipPermissionsEgress").open("item").el("ipProtocol", "-1").open("groups").shut("groups").open("ipRanges").open("item").el("cidrIp", "0.0.0.0/0").shut("item").shut("ipRanges").
			open("ipv6Ranges").shut("ipv6Ranges").open("prefixListIds").shut("prefixListIds").shut("item").shut("ipPermissionsEgress").tagSet("group-"+strconv.Itoa(i), i)
	})
}

func describeDBInstances(r *request, b *bytes.Buffer) *refused {
	p := r.turn(r.plan.count("AWS::RDS::DBInstance"), "MaxRecords", "Marker", 100, 100)
	x := xmlText{b}.begin(r).open("DBInstances")
	for i := p.from; i < p.before; i++ {
		name := "database-" + strconv.Itoa(i)
		x.open("DBInstance").el("DBInstanceIdentifier", name).el("DBInstanceClass", "db.r6g.large").el("Engine", "postgres").el("DBInstanceStatus", "available").el("MasterUsername", "admin")
		x.open("Endpoint").el("Address", name+".c0ffee.eu-west-1.rds.amazonaws.com").int("Port", 5432).el("HostedZoneId", "Z29XKXDKYMONMX").shut("Endpoint")
		x.int("AllocatedStorage", 100).el("InstanceCreateTime", bornText).el("PreferredBackupWindow", "02:00-03:00").int("BackupRetentionPeriod", 7)
		x.open("VpcSecurityGroups").open("VpcSecurityGroupMembership").el("VpcSecurityGroupId", r.groupOf(i)).el("Status", "active").shut("VpcSecurityGroupMembership").shut("VpcSecurityGroups")
		x.el("AvailabilityZone", r.zone(i)).el("PreferredMaintenanceWindow", "sun:04:00-sun:05:00").el("MultiAZ", "true").el("EngineVersion", "16.4").el("AutoMinorVersionUpgrade", "true")
		x.el("PubliclyAccessible", "false").el("StorageType", "gp3").el("StorageEncrypted", "true").el("DeletionProtection", "true").el("DBInstanceArn", r.arn("rds", "db:"+name))
		x.open("TagList")
		l := labels(name, i)
		for k := 0; k < len(l); k += 2 {
			x.open("Tag").el("Key", l[k]).el("Value", l[k+1]).shut("Tag")
		}
		x.shut("TagList").shut("DBInstance")
	}
	x.shut("DBInstances")
	if p.next != "" {
		x.el("Marker", p.next)
	}
	x.end(r)
	return nil
}

// trust is the policy of every role, as IAM writes it: percent-encoded.
const trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D"

func (x xmlText) role(r *request, i int) xmlText {
	name := "role-" + strconv.Itoa(i)
	return x.el("Path", "/").el("RoleName", name).el("RoleId", "AROASIMULATED"+strconv.Itoa(i)).el("Arn", "arn:aws:iam::"+r.account+":role/"+name).
		el("CreateDate", bornText).el("AssumeRolePolicyDocument", trust)
}

func (x xmlText) more(p page) xmlText {
	if p.next == "" {
		return x.el("IsTruncated", "false")
	}
	return x.el("IsTruncated", "true").el("Marker", p.next)
}

func authorizationDetails(r *request, b *bytes.Buffer) *refused {
	total := 0
	if filter := r.form.Get("Filter.member.1"); filter == "" || filter == "Role" {
		total = r.plan.count("AWS::IAM::Role")
	}
	p := r.turn(total, "MaxItems", "Marker", 100, 1000)
	x := xmlText{b}.begin(r).open("RoleDetailList")
	for i := p.from; i < p.before; i++ {
		x.open("member").role(r, i).open("InstanceProfileList").shut("InstanceProfileList").open("RolePolicyList").shut("RolePolicyList").open("AttachedManagedPolicies").
			open("member").el("PolicyName", "ReadOnlyAccess").el("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess").shut("member").shut("AttachedManagedPolicies").shut("member")
	}
	x.shut("RoleDetailList").more(p).end(r)
	return nil
}

func listRoles(r *request, b *bytes.Buffer) *refused {
	p := r.turn(r.plan.count("AWS::IAM::Role"), "MaxItems", "Marker", 100, 1000)
	x := xmlText{b}.begin(r).open("Roles")
	for i := p.from; i < p.before; i++ {
		x.open("member").role(r, i).shut("member")
	}
	x.shut("Roles").more(p).end(r)
	return nil
}

const s3Namespace = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`

func listBuckets(r *request, b *bytes.Buffer) *refused {
	p := r.turn(r.plan.count("AWS::S3::Bucket"), "max-buckets", "continuation-token", 1000, 10000)
	x := xmlText{b}
	x.text(`<?xml version="1.0" encoding="UTF-8"?><ListAllMyBucketsResult`+s3Namespace+">").open("Owner").el("ID", "simulated").shut("Owner").open("Buckets")
	for i := p.from; i < p.before; i++ {
		x.open("Bucket").el("Name", "bucket-"+r.account+"-"+strconv.Itoa(i)).el("CreationDate", bornText).el("BucketRegion", r.plan.Regions[i%len(r.plan.Regions)]).shut("Bucket")
	}
	x.shut("Buckets")
	if p.next != "" {
		x.el("ContinuationToken", p.next)
	}
	x.shut("ListAllMyBucketsResult")
	return nil
}

// bucketCalls are the questions about one bucket: what is answered, or the code that says that there is none of it.
var bucketCalls = []struct{ query, op, body, code string }{
	{"location", "GetBucketLocation", "<LocationConstraint" + s3Namespace + ">eu-west-1</LocationConstraint>", ""},
	{"tagging", "GetBucketTagging", "", "NoSuchTagSet"},
	{"versioning", "GetBucketVersioning", "<VersioningConfiguration" + s3Namespace + "><Status>Enabled</Status></VersioningConfiguration>", ""},
	{"policyStatus", "GetBucketPolicyStatus", "", "NoSuchBucketPolicy"},
	{"encryption", "GetBucketEncryption", "<ServerSideEncryptionConfiguration" + s3Namespace + "><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>" +
		"</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>", ""},
	{"publicAccessBlock", "GetPublicAccessBlock", "", "NoSuchPublicAccessBlockConfiguration"},
	{"lifecycle", "GetBucketLifecycleConfiguration", "", "NoSuchLifecycleConfiguration"},
	{"logging", "GetBucketLogging", "<BucketLoggingStatus" + s3Namespace + "/>", ""},
	{"replication", "GetBucketReplication", "", "ReplicationConfigurationNotFoundError"},
	{"notification", "GetBucketNotificationConfiguration", "<NotificationConfiguration" + s3Namespace + "/>", ""},
}

func bucketDetail(r *request, b *bytes.Buffer) *refused {
	for _, c := range bucketCalls {
		switch {
		case c.op != r.op:
		case c.code != "":
			return &refused{http.StatusNotFound, c.code, "There is none for this bucket."}
		default:
			xmlText{b}.text(c.body)
			return nil
		}
	}
	return r.writeEmpty(b)
}
