package collect

import "testing"

func TestTypeName(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string][2]string{
		"AWS::EC2::Instance":        {"estate.type.ec2_instance", "EC2 instance"},
		"AWS::EC2::VPCEndpoint":     {"estate.type.ec2_vpcendpoint", "EC2 VPCEndpoint"},
		"AWS::AppMesh::VirtualNode": {"estate.type.appmesh_virtualnode", "AppMesh virtual node"},
		"Office firewall":           {"estate.type.office_firewall", "Office firewall"},
		"AWS::Kinesis":              {"estate.type.kinesis", "AWS::Kinesis"},
	} {
		if got := [2]string{TypeKey(typ), TypeWords(typ)}; got != want {
			t.Errorf("%s: got %q, want %q", typ, got, want)
		}
	}
}
