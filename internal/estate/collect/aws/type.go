package aws

// Types that edges of several services point at.
const (
	typeASG           = "AWS::AutoScaling::AutoScalingGroup"
	typeCertificate   = "AWS::CertificateManager::Certificate"
	typeDBCluster     = "AWS::RDS::DBCluster"
	typeDBInstance    = "AWS::RDS::DBInstance"
	typeDBSubnets     = "AWS::RDS::DBSubnetGroup"
	typeECRRepository = "AWS::ECR::Repository"
	typeECSCluster    = "AWS::ECS::Cluster"
	typeEIP           = "AWS::EC2::EIP"
	typeFileSystem    = "AWS::EFS::FileSystem"
	typeFunction      = "AWS::Lambda::Function"
	typeImage         = "AWS::EC2::Image"
	typeInstance      = "AWS::EC2::Instance"
	typeKey           = "AWS::KMS::Key"
	typeLogGroup      = "AWS::Logs::LogGroup"
	typeQueue         = "AWS::SQS::Queue"
	typeRole          = "AWS::IAM::Role"
	typeRouteTable    = "AWS::EC2::RouteTable"
	typeSecurityGroup = "AWS::EC2::SecurityGroup"
	typeSnapshot      = "AWS::EC2::Snapshot"
	typeSubnet        = "AWS::EC2::Subnet"
	typeBucket        = "AWS::S3::Bucket"
	typeTable         = "AWS::DynamoDB::Table"
	typeVPC           = "AWS::EC2::VPC"
	typeVolume        = "AWS::EC2::Volume"
)
