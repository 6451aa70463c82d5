"""People, roles, policies, keys, secrets, certificates."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from .aws import document, pairs, piece


def trust(service):
    return document({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})


def allow(actions, resource="*"):
    return document({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}]})


@piece
def role(place, name, service, application=None, actions=None, policies=()):
    place.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=trust(service), Description=f"{application or 'account'}: {service}",
               Tags=pairs(place.tags(name, application)))
    if actions:
        place.attempt("iam", "put_role_policy", RoleName=name, PolicyName="inline", PolicyDocument=allow(actions))
    for arn in policies:
        place.attempt("iam", "attach_role_policy", RoleName=name, PolicyArn=arn)
    return name


@piece
def profile(place, name):
    """An instance profile of the role's own name."""
    place.call("iam", "create_instance_profile", InstanceProfileName=name)
    place.call("iam", "add_role_to_instance_profile", InstanceProfileName=name, RoleName=name)
    return name


@piece
def policy(place, name, actions, application=None):
    return place.call("iam", "create_policy", PolicyName=name, PolicyDocument=allow(actions), Tags=pairs(place.tags(name, application)))["Policy"]["Arn"]


@piece
def group(place, name, policies=()):
    place.call("iam", "create_group", GroupName=name)
    for arn in policies:
        place.attempt("iam", "attach_group_policy", GroupName=name, PolicyArn=arn)


@piece
def user(place, name, groups=(), console=True, mfa=True, keys=0, age=200, administrator=False):
    """A person or a program. Without mfa and with old keys it is a fault of the story."""
    with place.aged(age):
        place.call("iam", "create_user", UserName=name, Tags=pairs({"Type": "person" if console else "program"}))
        for _ in range(keys):
            place.attempt("iam", "create_access_key", UserName=name)
        if console:
            place.attempt("iam", "create_login_profile", UserName=name, Password="Canary-login-1!")
    for joined in groups:
        place.attempt("iam", "add_user_to_group", GroupName=joined, UserName=name)
    if mfa:
        serial = place.call("iam", "create_virtual_mfa_device", VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        place.attempt("iam", "enable_mfa_device", UserName=name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321")
    if administrator:
        place.attempt("iam", "put_user_policy", UserName=name, PolicyName="everything", PolicyDocument=allow("*"))


@piece
def password_policy(place, strong=True):
    place.call("iam", "update_account_password_policy", MinimumPasswordLength=14 if strong else 6, RequireSymbols=strong, RequireNumbers=strong,
               RequireUppercaseCharacters=strong, RequireLowercaseCharacters=True, AllowUsersToChangePassword=True,
               **({"MaxPasswordAge": 90, "PasswordReusePrevention": 12} if strong else {}))


@piece
def key(place, alias, application, rotate=True, age=800):
    with place.aged(age):
        found = place.call("kms", "create_key", Description=f"{application}: {alias}", Tags=[{"TagKey": k, "TagValue": v} for k, v in place.tags(alias, application).items()])["KeyMetadata"]
    place.attempt("kms", "create_alias", AliasName=f"alias/{alias}", TargetKeyId=found["KeyId"])
    if rotate:
        place.attempt("kms", "enable_key_rotation", KeyId=found["KeyId"])
    return found["Arn"]


@piece
def secret(place, name, application, key_arn=None):
    place.call("secretsmanager", "create_secret", Name=name, SecretString=document({"username": "meridian", "password": f"CANARY-secret-{name}"}),
               Tags=pairs(place.tags(name.replace("/", "-"), application)), **({"KmsKeyId": key_arn} if key_arn else {}))


@piece
def parameter(place, name, application, value="on", secure=False):
    place.call("ssm", "put_parameter", Name=name, Value=f"CANARY-parameter-{name}" if secure else value, Type="SecureString" if secure else "String",
               Tags=pairs(place.tags(name.strip("/").replace("/", "-"), application)))


@piece
def certificate(place, domain, application, others=()):
    more = {"SubjectAlternativeNames": [domain, *others]} if others else {}
    return place.call("acm", "request_certificate", DomainName=domain, ValidationMethod="DNS", Tags=pairs(place.tags(domain, application)), **more)["CertificateArn"]


_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@piece
def imported(place, domain, application, days):
    """A bought certificate, imported by hand, so many days before its end: nothing renews it."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Meridian Freight")])
    now = datetime.datetime.now(datetime.timezone.utc)
    built = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(_key.public_key()).serial_number(1000 + days)
        .not_valid_before(now - datetime.timedelta(days=365 - days)).not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False).sign(_key, hashes.SHA256())
    )
    pem = built.public_bytes(serialization.Encoding.PEM)
    private = _key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    return place.call("acm", "import_certificate", Certificate=pem, PrivateKey=private, Tags=pairs(place.tags(domain, application)))["CertificateArn"]
