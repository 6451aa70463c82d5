package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"vigie/internal/estate/collect"
)

const typeZone = "AWS::Route53::HostedZone"

func route53Collectors() []collect.Collector {
	return []collect.Collector{{Service: "route53", Types: []string{typeZone}, Reach: collect.Global, Collect: zones, Actions: []string{
		"route53:ListHostedZones", "route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:ListTagsForResources",
	}}}
}

// zoneTagBatch is how many zones ListTagsForResources takes.
const zoneTagBatch = 10

func zones(ctx context.Context, s *collect.Session) error {
	api := route53.NewFromConfig(s.Config())
	in := &route53.ListHostedZonesInput{MaxItems: ptr[int32](100)}
	return collect.Pages(ctx, s, api.ListHostedZones, in, func(out *route53.ListHostedZonesOutput) error {
		labels := map[string]map[string]string{}
		for _, ids := range batches(pick(out.HostedZones, func(z *types.HostedZone) *string { return ptr(zoneID(z)) }), zoneTagBatch) {
			if t, ok := collect.Try(ctx, s, api.ListTagsForResources, &route53.ListTagsForResourcesInput{
				ResourceIds: ids, ResourceType: types.TagResourceTypeHostedzone}); ok {
				for _, r := range t.ResourceTagSets {
					labels[str(r.ResourceId)] = tags(r.Tags)
				}
			}
		}
		return eachAtOnce(ctx, s, out.HostedZones, func(z *types.HostedZone) collect.Item {
			id := zoneID(z)
			item := collect.Item{Type: typeZone, ID: id, ARN: "arn:" + s.Partition + ":route53:::hostedzone/" + id,
				Name: strings.TrimSuffix(str(z.Name), "."), Tags: labels[id]}
			f := facts{"Name": z.Name, "Comment": of(z.Config).Comment, "PrivateZone": of(z.Config).PrivateZone,
				"LinkedService": of(z.LinkedService).ServicePrincipal}
			if of(z.Config).PrivateZone {
				item.Edges = append(item.Edges, zoneNetworks(ctx, s, api, z.Id)...)
			}
			records, err := zoneRecords(ctx, s, api, id)
			if err != nil {
				s.Note(err)
			}
			item.Edges = append(item.Edges, records.edges()...)
			f["ResourceRecordSetCount"], f["RecordTypes"] = records.count, records.kinds
			item.Attributes = tidy(f)
			return item
		})
	})
}

func zoneID(z *types.HostedZone) string { return strings.TrimPrefix(str(z.Id), "/hostedzone/") }

// zoneNetworks are the VPCs that a private zone answers in.
func zoneNetworks(ctx context.Context, s *collect.Session, api *route53.Client, id *string) (e edges) {
	out, ok := collect.Try(ctx, s, api.GetHostedZone, &route53.GetHostedZoneInput{Id: id}, "NoSuchHostedZone")
	if !ok {
		return nil
	}
	for _, v := range out.VPCs {
		edge := collect.To(collect.AttachedTo, typeVPC, str(v.VPCId))
		edge.To.Region = string(v.VPCRegion)
		e = append(e, edge)
	}
	return e
}

// records sums up a zone: how many of each kind, and where aliases and CNAMEs lead.
type records struct {
	count int
	kinds map[string]int
	// routes are the targets by record; several under one name and type answer in turn or one for the other.
	routes map[string][]string
}

func (r *records) add(set types.ResourceRecordSet) {
	r.count++
	r.kinds[string(set.Type)]++
	name := str(set.Name) + " " + string(set.Type)
	switch {
	case set.AliasTarget != nil:
		r.routes[name] = append(r.routes[name], str(set.AliasTarget.DNSName))
	case set.Type == types.RRTypeCname && !strings.HasPrefix(str(set.Name), "_"): // "_" names prove things to others, nothing runs there
		for _, v := range set.ResourceRecords {
			r.routes[name] = append(r.routes[name], str(v.Value))
		}
	}
}

// edges makes one edge for each target that a record leads to. Where a name has several targets, one of them well is enough.
func (r *records) edges() (e edges) {
	at := map[string]int{}
	for _, name := range names(r.routes) {
		targets := unique(r.routes[name])
		for _, t := range targets {
			edge := collect.To(collect.RoutesTo, "", collect.DNS(t))
			if len(targets) > 1 {
				edge.Redundancy, edge.Needed = name, 1
			}
			i, seen := at[edge.To.Key]
			switch {
			case !seen:
				at[edge.To.Key] = len(e)
				e = append(e, edge)
			case edge.Redundancy == "": // one name has nothing else: the target is needed
				e[i] = edge
			}
		}
	}
	return e
}

// zoneRecords walks the records of a zone, whose next page is named by three fields.
func zoneRecords(ctx context.Context, s *collect.Session, api *route53.Client, id string) (records, error) {
	r := records{kinds: map[string]int{}, routes: map[string][]string{}}
	in := &route53.ListResourceRecordSetsInput{HostedZoneId: &id, MaxItems: ptr[int32](300)}
	for {
		out, err := collect.Do(ctx, s, api.ListResourceRecordSets, in)
		if err != nil {
			return r, err
		}
		for _, set := range out.ResourceRecordSets {
			r.add(set)
		}
		if !out.IsTruncated {
			return r, nil
		}
		next := &route53.ListResourceRecordSetsInput{HostedZoneId: &id, MaxItems: in.MaxItems, StartRecordName: out.NextRecordName,
			StartRecordType: out.NextRecordType, StartRecordIdentifier: out.NextRecordIdentifier}
		if str(next.StartRecordName) == str(in.StartRecordName) && next.StartRecordType == in.StartRecordType &&
			str(next.StartRecordIdentifier) == str(in.StartRecordIdentifier) {
			return r, &collect.CallError{Action: "route53:ListResourceRecordSets", Err: collect.ErrRepeatedToken}
		}
		in = next
	}
}
