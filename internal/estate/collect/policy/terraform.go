package policy

import (
	"fmt"
	"strings"
)

// Terraform is the same role for those who keep their accounts in it.
func (r Role) Terraform() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# %s

resource "aws_iam_role" "vigie" {
  name                 = %s
  description          = %s
  max_session_duration = %d

  assume_role_policy = jsonencode({
    Version = %q
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = %s }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = %s } }
    }]
  })
}
`, description, hcl(r.name()), hcl(description), session, version, hcl(r.Principal), hcl(r.ExternalID))
	for i, d := range r.Documents {
		fmt.Fprintf(&b, `
resource "aws_iam_policy" "vigie_%[1]d" {
  name        = %[2]s
  description = "Vigie, part %[1]d of %[3]d"

  policy = jsonencode({
    Version = %[4]q
    Statement = [
`, i+1, hcl(fmt.Sprintf("%s-%d", r.name(), i+1)), len(r.Documents), d.Version)
		for _, s := range d.Statement {
			fmt.Fprintf(&b, "      {\n        Sid      = %s\n        Effect   = %s\n", hcl(s.Sid), hcl(s.Effect))
			hclList(&b, "Action  ", s.Action)
			hclList(&b, "Resource", s.Resource)
			b.WriteString("      },\n")
		}
		fmt.Fprintf(&b, `    ]
  })
}

resource "aws_iam_role_policy_attachment" "vigie_%[1]d" {
  role       = aws_iam_role.vigie.name
  policy_arn = aws_iam_policy.vigie_%[1]d.arn
}
`, i+1)
	}
	b.WriteString("\noutput \"vigie_role_arn\" {\n  description = \"Enter this ARN in Vigie.\"\n  value       = aws_iam_role.vigie.arn\n}\n")
	return b.String()
}

// hcl quotes a text: as JSON does, with Terraform's own interpolation marks doubled.
func hcl(v string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(encode(v, ""))
}

func hclList(b *strings.Builder, name string, values []string) {
	fmt.Fprintf(b, "        %s = [\n", name)
	for _, v := range values {
		fmt.Fprintf(b, "          %s,\n", hcl(v))
	}
	b.WriteString("        ]\n")
}
