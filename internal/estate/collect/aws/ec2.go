package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"vigie/internal/estate/collect"
)

func ec2Collectors() []collect.Collector {
	return []collect.Collector{
		{Service: "ec2", Types: []string{typeInstance}, Actions: []string{"ec2:DescribeInstances"}, Collect: instances},
		{Service: "ec2", Types: []string{typeImage}, Actions: []string{"ec2:DescribeImages", "ec2:DescribeInstances"}, Collect: images},
		{Service: "ec2", Types: []string{typeEIP}, Actions: []string{"ec2:DescribeAddresses"}, Collect: addresses},
		{Service: "ec2", Types: []string{typeLaunchTemplate}, Collect: launchTemplates,
			Actions: []string{"ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions"}},
	}
}

// eachInstance walks the instances that are not terminated.
func eachInstance(ctx context.Context, s *collect.Session, page func([]types.Instance) error) error {
	in := &ec2.DescribeInstancesInput{MaxResults: ptr[int32](1000), Filters: []types.Filter{{
		Name: ptr("instance-state-name"), Values: []string{"pending", "running", "shutting-down", "stopping", "stopped"},
	}}}
	return collect.Pages(ctx, s, ec2.NewFromConfig(s.Config()).DescribeInstances, in, func(out *ec2.DescribeInstancesOutput) error {
		for _, r := range out.Reservations {
			if !mine(s, r.OwnerId) {
				continue
			}
			if err := page(r.Instances); err != nil {
				return err
			}
		}
		return nil
	})
}

func instances(ctx context.Context, s *collect.Session) error {
	return eachInstance(ctx, s, func(list []types.Instance) error {
		return each(ctx, s, list, func(i *types.Instance) collect.Item { return instance(s, i) })
	})
}

func instance(s *collect.Session, i *types.Instance) collect.Item {
	id, groups := str(i.InstanceId), pick(i.SecurityGroups, func(g *types.GroupIdentifier) *string { return g.GroupId })
	place, meta, profile := of(i.Placement), of(i.MetadataOptions), of(i.IamInstanceProfile)
	var e edges
	e.to(collect.RunsOn, typeSubnet, str(i.SubnetId))
	e.from(collect.Protects, typeSecurityGroup, groups...)
	e.to(collect.DependsOn, typeImage, str(i.ImageId))
	e.arns(collect.DependsOn, str(profile.Arn))
	return collect.Item{Type: typeInstance, ID: id, ARN: s.ARN("ec2", "instance/"+id), Tags: tags(i.Tags), Edges: e, Attributes: tidy(facts{
		"InstanceType": i.InstanceType, "State": of(i.State).Name, "ImageId": i.ImageId, "AvailabilityZone": place.AvailabilityZone,
		"Tenancy": place.Tenancy, "VpcId": i.VpcId, "SubnetId": i.SubnetId, "SecurityGroupIds": groups,
		"PrivateIpAddress": i.PrivateIpAddress, "PublicIpAddress": i.PublicIpAddress, "PrivateDnsName": i.PrivateDnsName,
		"PublicDnsName": i.PublicDnsName, "KeyName": i.KeyName, "IamInstanceProfile": profile.Arn, "Architecture": i.Architecture,
		"PlatformDetails": i.PlatformDetails, "InstanceLifecycle": i.InstanceLifecycle, "EbsOptimized": i.EbsOptimized,
		"Monitoring": of(i.Monitoring).State, "HttpTokens": meta.HttpTokens, "HttpEndpoint": meta.HttpEndpoint,
		"HttpPutResponseHopLimit": meta.HttpPutResponseHopLimit, "RootDeviceType": i.RootDeviceType, "LaunchTime": i.LaunchTime,
		"SourceDestCheck": i.SourceDestCheck,
	})}
}

// imageBatch is how many images are asked for by id at once.
const imageBatch = 200

// images lists the account's own, and those its instances were started from, whoever owns them.
func images(ctx context.Context, s *collect.Session) error {
	api := ec2.NewFromConfig(s.Config())
	seen, emit := map[string]bool{}, func(out *ec2.DescribeImagesOutput) error {
		return each(ctx, s, out.Images, func(i *types.Image) collect.Item { return image(s, i) })
	}
	own := &ec2.DescribeImagesInput{Owners: []string{"self"}, IncludeDeprecated: ptr(true), MaxResults: ptr[int32](1000)}
	err := collect.Pages(ctx, s, api.DescribeImages, own, func(out *ec2.DescribeImagesOutput) error {
		for _, i := range out.Images {
			seen[str(i.ImageId)] = true
		}
		return emit(out)
	})
	if err != nil {
		return err
	}
	var used []string
	if err := eachInstance(ctx, s, func(list []types.Instance) error {
		for _, i := range list {
			if id := str(i.ImageId); id != "" && !seen[id] {
				seen[id] = true
				used = append(used, id)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, ids := range batches(used, imageBatch) {
		// By filter and not by ImageIds: an image that was deregistered since is then left out, where an id would be an error.
		in := &ec2.DescribeImagesInput{IncludeDeprecated: ptr(true), Filters: []types.Filter{{Name: ptr("image-id"), Values: ids}}}
		if err := collect.Pages(ctx, s, api.DescribeImages, in, emit); err != nil {
			return err
		}
	}
	return nil
}

func image(s *collect.Session, i *types.Image) collect.Item {
	id := str(i.ImageId)
	var e edges
	encrypted := len(i.BlockDeviceMappings) > 0
	for _, d := range i.BlockDeviceMappings {
		if d.Ebs == nil {
			continue
		}
		encrypted = encrypted && of(d.Ebs.Encrypted)
		if mine(s, i.OwnerId) {
			e.to(collect.DependsOn, typeSnapshot, str(d.Ebs.SnapshotId))
		}
	}
	return collect.Item{Type: typeImage, ID: id, Name: str(i.Name), ARN: "arn:" + s.Partition + ":ec2:" + s.Region + "::image/" + id,
		Tags: tags(i.Tags), Edges: e, Attributes: tidy(facts{
			"Name": i.Name, "Description": i.Description, "OwnerId": i.OwnerId, "OwnerAlias": i.ImageOwnerAlias, "Public": i.Public,
			"State": i.State, "Architecture": i.Architecture, "PlatformDetails": i.PlatformDetails, "CreationDate": i.CreationDate,
			"DeprecationTime": i.DeprecationTime, "RootDeviceType": i.RootDeviceType, "ImdsSupport": i.ImdsSupport, "Encrypted": encrypted,
		})}
}

func addresses(ctx context.Context, s *collect.Session) error {
	out, err := collect.Do(ctx, s, ec2.NewFromConfig(s.Config()).DescribeAddresses, &ec2.DescribeAddressesInput{})
	if err != nil {
		return err
	}
	return each(ctx, s, out.Addresses, func(a *types.Address) collect.Item {
		id := str(a.AllocationId)
		var e edges
		e.to(collect.AttachedTo, typeInstance, str(a.InstanceId))
		item := collect.Item{Type: typeEIP, ID: id, ARN: s.ARN("ec2", "elastic-ip/"+id), Tags: tags(a.Tags), Edges: e, Attributes: tidy(facts{
			"PublicIp": a.PublicIp, "PrivateIpAddress": a.PrivateIpAddress, "InstanceId": a.InstanceId,
			"NetworkInterfaceId": a.NetworkInterfaceId, "Associated": str(a.AssociationId) != "", "NetworkBorderGroup": a.NetworkBorderGroup,
		})}
		if item.Tags["Name"] == "" {
			item.Name = str(a.PublicIp)
		}
		return item
	})
}

func launchTemplates(ctx context.Context, s *collect.Session) error {
	api := ec2.NewFromConfig(s.Config())
	// One walk gives the default versions of all templates; what they say is a detail, the templates are not.
	data := map[string]*types.ResponseLaunchTemplateData{}
	in := &ec2.DescribeLaunchTemplateVersionsInput{Versions: []string{"$Default"}, MaxResults: ptr[int32](200)}
	err := collect.Pages(ctx, s, api.DescribeLaunchTemplateVersions, in, func(out *ec2.DescribeLaunchTemplateVersionsOutput) error {
		for _, v := range out.LaunchTemplateVersions {
			data[str(v.LaunchTemplateId)] = v.LaunchTemplateData
		}
		return nil
	})
	if err != nil {
		s.Note(err)
	}
	list := &ec2.DescribeLaunchTemplatesInput{MaxResults: ptr[int32](200)}
	return collect.Pages(ctx, s, api.DescribeLaunchTemplates, list, func(out *ec2.DescribeLaunchTemplatesOutput) error {
		return each(ctx, s, out.LaunchTemplates, func(t *types.LaunchTemplate) collect.Item {
			id := str(t.LaunchTemplateId)
			d := of(data[id])
			profile := of(d.IamInstanceProfile)
			var e edges
			e.to(collect.DependsOn, typeImage, str(d.ImageId))
			e.arns(collect.DependsOn, str(profile.Arn))
			e.from(collect.Protects, typeSecurityGroup, d.SecurityGroupIds...)
			return collect.Item{Type: typeLaunchTemplate, ID: id, Name: str(t.LaunchTemplateName), ARN: s.ARN("ec2", "launch-template/"+id),
				Tags: tags(t.Tags), Edges: e, Attributes: tidy(facts{
					"LaunchTemplateName": t.LaunchTemplateName, "DefaultVersionNumber": t.DefaultVersionNumber,
					"LatestVersionNumber": t.LatestVersionNumber, "CreateTime": t.CreateTime, "CreatedBy": t.CreatedBy,
					"ImageId": d.ImageId, "InstanceType": d.InstanceType, "KeyName": d.KeyName, "SecurityGroupIds": d.SecurityGroupIds,
					"HttpTokens": of(d.MetadataOptions).HttpTokens, "IamInstanceProfile": profile.Arn, "Monitoring": of(d.Monitoring).Enabled,
				})}
		})
	})
}
