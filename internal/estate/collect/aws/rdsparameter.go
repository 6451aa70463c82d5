package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"vigie/internal/estate/collect"
)

// parametersThatMatter are the few of hundreds that decide about encryption in transit and about traces.
var parametersThatMatter = map[string]bool{
	"rds.force_ssl": true, "require_secure_transport": true, "ssl_min_protocol_version": true, "tls_version": true, "tls": true,
	"log_connections": true, "log_disconnections": true, "log_min_duration_statement": true, "slow_query_log": true,
	"server_audit_logging": true, "audit_logs": true, "rds.log_retention_period": true,
}

// parameterGroups remembers the parameter groups that were read: many databases share one.
type parameterGroups map[string]map[string]any

func (p parameterGroups) ofInstance(ctx context.Context, s *collect.Session, api *rds.Client, group string) map[string]any {
	return p.read(s, group, func(keep func([]types.Parameter)) error {
		in := &rds.DescribeDBParametersInput{DBParameterGroupName: &group, MaxRecords: ptr[int32](100)}
		return collect.Pages(ctx, s, api.DescribeDBParameters, in, func(out *rds.DescribeDBParametersOutput) error {
			keep(out.Parameters)
			return nil
		})
	})
}

func (p parameterGroups) ofCluster(ctx context.Context, s *collect.Session, api *rds.Client, group string) map[string]any {
	return p.read(s, group, func(keep func([]types.Parameter)) error {
		in := &rds.DescribeDBClusterParametersInput{DBClusterParameterGroupName: &group, MaxRecords: ptr[int32](100)}
		return collect.Pages(ctx, s, api.DescribeDBClusterParameters, in, func(out *rds.DescribeDBClusterParametersOutput) error {
			keep(out.Parameters)
			return nil
		})
	})
}

func (p parameterGroups) read(s *collect.Session, group string, walk func(keep func([]types.Parameter)) error) map[string]any {
	if group == "" {
		return nil
	}
	if known, ok := p[group]; ok {
		return known
	}
	values := map[string]any{}
	p[group] = values
	if err := walk(func(list []types.Parameter) {
		for _, v := range list {
			if parametersThatMatter[str(v.ParameterName)] && str(v.ParameterValue) != "" {
				values[*v.ParameterName] = *v.ParameterValue
			}
		}
	}); err != nil && !hasCode(err, "DBParameterGroupNotFound") {
		s.Note(err)
	}
	return values
}
