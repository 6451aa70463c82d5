#!/usr/bin/env python3
"""Holds answers of the simulator to AWS's own models of its services, as botocore carries them.

Reads a JSON list of {service, operation, status, headers, body (base64), at, count} from standard input: at is where the answer's
list is ("Reservations.Instances"), count how long it must be. Prints one line for each fault; nothing means that all is well.
"""

import base64
import json
import sys
import xml.etree.ElementTree as ET

import botocore.parsers
import botocore.session

session = botocore.session.get_session()


def local(tag):
    return tag.rsplit("}", 1)[-1]


def members(shape):
    """The members of a structure by the name that they have on the wire."""
    found = {}
    for name, member in shape.members.items():
        if member.serialization.get("location") in ("header", "headers", "statusCode", "uri", "querystring"):
            continue
        found[wire(name, member)] = member
    return found


def wire(name, member):
    if member.type_name == "list" and member.serialization.get("flattened") and member.member.serialization.get("name"):
        return member.serialization.get("name") or member.member.serialization["name"]
    return member.serialization.get("name") or name


def walk_xml(shape, node, path, faults):
    if shape.type_name == "structure":
        known = members(shape)
        for child in node:
            name = local(child.tag)
            if name not in known:
                faults.append(f"{path}/{name} is no member of {shape.name}")
            else:
                walk_xml(known[name], child, f"{path}/{name}", faults)
        if not len(node) and (node.text or "").strip():
            faults.append(f"{path} holds text where {shape.name} is a structure")
    elif shape.type_name == "list":
        if shape.serialization.get("flattened"):
            walk_xml(shape.member, node, path, faults)
            return
        element = shape.member.serialization.get("name", "member")
        for child in node:
            # EC2 says "item" for every element.
            if local(child.tag) not in (element, "item"):
                faults.append(f"{path}/{local(child.tag)}: elements are called {element}")
            walk_xml(shape.member, child, path + "[]", faults)
    elif shape.type_name != "map":
        scalar(shape, node.text or "", path, faults)
        if len(node):
            faults.append(f"{path} holds elements where {shape.name} is {shape.type_name}")


def scalar(shape, text, path, faults):
    allowed = {"boolean": lambda v: v in ("true", "false"), "integer": number, "long": number, "float": number, "double": number}.get(shape.type_name)
    if allowed and not allowed(text):
        faults.append(f"{path} is {text!r} where {shape.name} is {shape.type_name}")
    if getattr(shape, "enum", None) and text and text not in shape.enum:
        faults.append(f"{path} is {text!r}, which is none of {shape.name}")


def number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


KINDS = {"structure": dict, "list": list, "map": dict, "string": str, "boolean": bool, "integer": int, "long": int, "float": (int, float),
         "double": (int, float), "timestamp": (int, float, str)}


def walk_json(shape, value, path, faults):
    if value is None:
        return
    if not isinstance(value, KINDS.get(shape.type_name, object)):
        faults.append(f"{path} is a {type(value).__name__} where {shape.name} is {shape.type_name}")
    elif shape.type_name == "structure":
        known = members(shape)
        for name, child in value.items():
            if name not in known:
                faults.append(f"{path}.{name} is no member of {shape.name}")
            else:
                walk_json(known[name], child, f"{path}.{name}", faults)
    elif shape.type_name == "list":
        for child in value:
            walk_json(shape.member, child, path + "[]", faults)
    elif shape.type_name == "map":
        for child in value.values():
            walk_json(shape.value, child, path + "{}", faults)
    elif shape.type_name == "string":
        scalar(shape, value, path, faults)


def body_of(service, operation, body, kind, faults):
    """Walks what was on the wire against the shape of the operation's answer."""
    shape = operation.output_shape
    if shape is None:
        return
    if kind in ("ec2", "query", "rest-xml"):
        root = ET.fromstring(body)
        if kind == "ec2":
            for child in root:
                if local(child.tag) == "requestId":
                    root.remove(child)
                    break
        elif kind == "query":
            result = operation.output_shape.serialization.get("resultWrapper", operation.name + "Result")
            names = [local(child.tag) for child in root]
            if names != [result, "ResponseMetadata"]:
                faults.append(f"the answer holds {names}, not {result} and ResponseMetadata")
                return
            root = root[0]
        payload = shape.serialization.get("payload")
        if payload:
            shape = shape.members[payload]
        elif service == "s3" and operation.name == "GetBucketLocation":
            scalar(shape.members["LocationConstraint"], root.text or "", operation.name, faults)
            return
        walk_xml(shape, root, operation.name, faults)
    elif kind == "json":  # CBOR is written from the same values, and only read by botocore
        walk_json(shape, json.loads(body), operation.name, faults)


def elements(answer, at):
    """All elements at a path through lists and structures."""
    level = [answer]
    for name in at.split("."):
        level = [element for holder in level for element in (holder.get(name) or [] if isinstance(holder.get(name), list) else [holder[name]] if name in holder else [])]
    return level


def check(case):
    model = session.get_service_model(case["service"])
    operation = model.operation_model(case["operation"])
    body, headers = base64.b64decode(case["body"]), {name.lower(): value for name, value in case["headers"].items()}
    protocol = model.protocol
    if protocol == "smithy-rpc-v2-cbor" and "json" in headers["content-type"]:
        protocol = "json"
    faults = []
    parsed = botocore.parsers.create_parser(protocol).parse({"status_code": case["status"], "headers": headers, "body": body}, operation.output_shape)
    if case["status"] >= 300:
        if parsed.get("Error", {}).get("Code") in (None, "", str(case["status"])) or not parsed["Error"].get("Message"):
            faults.append(f"botocore reads no code and message of the error: {parsed}")
        return faults
    kind = "cbor" if "cbor" in protocol else "json" if "json" in protocol else protocol
    body_of(case["service"], operation, body, kind, faults)
    if case.get("at"):
        found = len(elements(parsed, case["at"]))
        if found != case["count"]:
            faults.append(f"botocore reads {found} elements at {case['at']}, not {case['count']}")
    return faults


def main():
    for case in json.load(sys.stdin):
        try:
            faults = check(case)
        except Exception as error:  # one answer that cannot be read at all must not hide the others
            faults = [f"{type(error).__name__}: {error}"]
        for fault in faults:
            print(f"{case['service']}:{case['operation']} {case['status']}: {fault}")


if __name__ == "__main__":
    main()
