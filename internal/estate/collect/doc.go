// Package collect is the engine of discovery: what a collector is, and how its calls are made. Collectors themselves are in
// collect/aws, one short entry each; what is done with the items is the sink's affair (estate/discovery stores them).
//
// A collector is a function over a Session, which stands for one account and region:
//
//	{
//		Service: "ec2", Types: []string{"AWS::EC2::Volume"}, Actions: []string{"ec2:DescribeVolumes"},
//		Collect: func(ctx context.Context, s *collect.Session) error {
//			api := ec2.NewFromConfig(s.Config())
//			return collect.Pages(ctx, s, api.DescribeVolumes, &ec2.DescribeVolumesInput{}, func(out *ec2.DescribeVolumesOutput) error {
//				for _, v := range out.Volumes {
//					err := s.Emit(collect.Item{Type: "AWS::EC2::Volume", ID: *v.VolumeId, ...})
//				}
//			})
//		},
//	}
//
// Every call goes through Do, Pages or Try, and so is limited, retried, scrubbed of secrets, recorded or replayed. A collector
// never calls a client directly, never keeps a page after it has emitted its items, and never reads the clock.
//
// A scope (account, region, collector) ends in exactly one Outcome. Collect returning nil means complete; an error is
// classified (denied, region off, throttled out, failed at page n); Try notes the error of one detail and lets the rest go on.
package collect
