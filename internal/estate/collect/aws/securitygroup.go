package aws

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"vigie/internal/estate/collect"
)

func securityGroups(ctx context.Context, s *collect.Session) error {
	in := &ec2.DescribeSecurityGroupsInput{MaxResults: ptr[int32](1000)}
	return collect.Pages(ctx, s, ec2.NewFromConfig(s.Config()).DescribeSecurityGroups, in, func(out *ec2.DescribeSecurityGroupsOutput) error {
		return each(ctx, s, out.SecurityGroups, func(g *types.SecurityGroup) collect.Item {
			if !mine(s, g.OwnerId) {
				return collect.Item{}
			}
			id := str(g.GroupId)
			var e edges
			e.from(collect.Contains, typeVPC, str(g.VpcId))
			item := collect.Item{Type: typeSecurityGroup, ID: id, ARN: s.ARN("ec2", "security-group/"+id), Tags: tags(g.Tags), Edges: e,
				Attributes: tidy(facts{
					"GroupName": g.GroupName, "GroupDescription": g.Description, "VpcId": g.VpcId,
					"SecurityGroupIngress": rules(g.IpPermissions), "SecurityGroupEgress": rules(g.IpPermissionsEgress),
				})}
			if item.Tags["Name"] == "" {
				item.Name = str(g.GroupName)
			}
			return item
		})
	})
}

// rules writes each rule as "protocol ports peer": "tcp 443 0.0.0.0/0", "all all sg-1", "icmp all 10.0.0.0/8".
func rules(list []types.IpPermission) []string {
	var out []string
	for _, p := range list {
		head := protocol(p) + " " + ports(p) + " "
		for _, r := range p.IpRanges {
			out = append(out, head+str(r.CidrIp))
		}
		for _, r := range p.Ipv6Ranges {
			out = append(out, head+str(r.CidrIpv6))
		}
		for _, r := range p.PrefixListIds {
			out = append(out, head+str(r.PrefixListId))
		}
		for _, r := range p.UserIdGroupPairs {
			out = append(out, head+first(r.GroupId, r.GroupName))
		}
	}
	return unique(out)
}

func protocol(p types.IpPermission) string {
	switch name := str(p.IpProtocol); name {
	case "-1", "":
		return "all"
	default:
		return name
	}
}

func ports(p types.IpPermission) string {
	from, to := of(p.FromPort), of(p.ToPort)
	switch {
	case p.FromPort == nil || p.ToPort == nil || from == -1 || from == 0 && to == 65535:
		return "all"
	case from == to:
		return strconv.Itoa(int(from))
	}
	return strconv.Itoa(int(from)) + "-" + strconv.Itoa(int(to))
}
