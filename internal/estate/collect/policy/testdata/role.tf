# Read-only access for Vigie. It reads settings, never contents.

resource "aws_iam_role" "vigie" {
  name                 = "VigieReadOnly"
  description          = "Read-only access for Vigie. It reads settings, never contents."
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:role/vigie" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = "vigie-0123456789abcdef" } }
    }]
  })
}

resource "aws_iam_policy" "vigie_1" {
  name        = "VigieReadOnly-1"
  description = "Vigie, part 1 of 2"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Read"
        Effect   = "Allow"
        Action   = [
          "ec2:DescribeRegions",
          "ec2:DescribeVolumes",
          "organizations:DescribeOrganization",
          "organizations:ListAccounts",
          "s3:GetEncryptionConfiguration",
          "s3:ListAllMyBuckets",
          "securityhub:GetFindings",
        ]
        Resource = [
          "*",
        ]
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "vigie_1" {
  role       = aws_iam_role.vigie.name
  policy_arn = aws_iam_policy.vigie_1.arn
}

resource "aws_iam_policy" "vigie_2" {
  name        = "VigieReadOnly-2"
  description = "Vigie, part 2 of 2"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Narrow"
        Effect   = "Allow"
        Action   = [
          "apigateway:GET",
        ]
        Resource = [
          "arn:*:apigateway:*::/apis",
          "arn:*:apigateway:*::/apis/*",
          "arn:*:apigateway:*::/domainnames",
          "arn:*:apigateway:*::/domainnames/*",
          "arn:*:apigateway:*::/restapis",
          "arn:*:apigateway:*::/restapis/*",
          "arn:*:apigateway:*::/vpclinks",
          "arn:*:apigateway:*::/vpclinks/*",
        ]
      },
      {
        Sid      = "Never"
        Effect   = "Deny"
        Action   = [
          "dynamodb:BatchGetItem",
          "dynamodb:GetItem",
          "dynamodb:Query",
          "dynamodb:Scan",
          "kms:Decrypt",
          "lambda:GetFunction",
          "logs:FilterLogEvents",
          "logs:GetLogEvents",
          "s3:GetObject",
          "secretsmanager:BatchGetSecretValue",
          "secretsmanager:GetSecretValue",
          "sqs:ReceiveMessage",
          "ssm:GetParameter",
          "ssm:GetParameterHistory",
          "ssm:GetParameters",
          "ssm:GetParametersByPath",
        ]
        Resource = [
          "*",
        ]
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "vigie_2" {
  role       = aws_iam_role.vigie.name
  policy_arn = aws_iam_policy.vigie_2.arn
}

output "vigie_role_arn" {
  description = "Enter this ARN in Vigie."
  value       = aws_iam_role.vigie.arn
}
