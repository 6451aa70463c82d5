package awssim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

func (r *request) contentType() string {
	switch r.protocol {
	case jsonRPC:
		return r.Header.Get("Content-Type")
	case restJSON:
		return "application/json"
	case cborRPC:
		return "application/cbor"
	case query:
		return "text/xml"
	}
	return "text/xml;charset=UTF-8"
}

// writeError writes a refusal as the protocol has it.
func (r *request) writeError(w http.ResponseWriter, b *bytes.Buffer, code, message string) {
	x := xmlText{b}
	switch r.protocol {
	case ec2Query:
		x.open("Response").open("Errors").open("Error").el("Code", code).el("Message", message).shut("Error").shut("Errors").el("RequestID", requestID).shut("Response")
	case query:
		x.open("ErrorResponse").open("Error").el("Type", "Sender").el("Code", code).el("Message", message).shut("Error").el("RequestId", requestID).shut("ErrorResponse")
	case restXML:
		if r.service == "s3" {
			x.open("Error").el("Code", code).el("Message", message).el("RequestId", requestID).shut("Error")
			return
		}
		x.open("ErrorResponse").open("Error").el("Type", "Sender").el("Code", code).el("Message", message).shut("Error").el("RequestId", requestID).shut("ErrorResponse")
	case restJSON:
		w.Header().Set("X-Amzn-Errortype", code)
		writeJSON(b, map[string]string{"message": message})
	case cborRPC:
		b.Write(cbor.Encode(cbor.Map{"__type": cbor.String(code), "message": cbor.String(message)}))
	default:
		writeJSON(b, map[string]string{"__type": code, "message": message})
	}
}

// writeEmpty writes the answer in which nothing is.
func (r *request) writeEmpty(b *bytes.Buffer) *refused {
	x := xmlText{b}
	switch r.protocol {
	case ec2Query:
		x.begin(r).end(r)
	case query:
		x.begin(r).end(r)
	case restXML:
		if root, ok := emptyRoots[r.op]; ok {
			x.text(root)
			return nil
		}
		return &refused{http.StatusForbidden, deniedCode(r), deniedMessage(r, Identity)}
	case cborRPC:
		b.Write(cbor.Encode(cbor.Map{}))
	default:
		b.WriteString("{}")
	}
	return nil
}

// emptyRoots are the answers of REST services in XML, whose outermost element cannot be guessed.
var emptyRoots = map[string]string{
	"ListHostedZones":   `<ListHostedZonesResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZones/><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>`,
	"ListDistributions": `<DistributionList xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Marker/><MaxItems>100</MaxItems><IsTruncated>false</IsTruncated><Quantity>0</Quantity></DistributionList>`,
}

func writeJSON(b *bytes.Buffer, v any) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // our own values: maps and slices of text and numbers
	}
}

// xmlText writes XML. Values are ours and need no escaping.
type xmlText struct{ *bytes.Buffer }

func (x xmlText) open(name string) xmlText {
	x.WriteByte('<')
	x.WriteString(name)
	x.WriteByte('>')
	return x
}

func (x xmlText) shut(name string) xmlText {
	x.WriteString("</")
	x.WriteString(name)
	x.WriteByte('>')
	return x
}

func (x xmlText) el(name, value string) xmlText { return x.open(name).text(value).shut(name) }

func (x xmlText) text(s string) xmlText { x.WriteString(s); return x }

func (x xmlText) int(name string, n int) xmlText { return x.el(name, strconv.Itoa(n)) }

// begin opens the answer of a query, end closes it.
func (x xmlText) begin(r *request) xmlText {
	x.text(`<?xml version="1.0" encoding="UTF-8"?>`).text("\n<").text(r.op).text(`Response xmlns="`).text(namespace(r)).text(`">`)
	if r.protocol == ec2Query {
		return x.el("requestId", requestID)
	}
	return x.open(r.op + "Result")
}

func (x xmlText) end(r *request) {
	if r.protocol == query {
		x.shut(r.op+"Result").open("ResponseMetadata").el("RequestId", requestID).shut("ResponseMetadata")
	}
	x.shut(r.op + "Response")
}

func namespace(r *request) string {
	if r.protocol == ec2Query {
		return "http://ec2.amazonaws.com/doc/2016-11-15/"
	}
	return "https://" + r.service + ".amazonaws.com/doc/" + r.form.Get("Version") + "/"
}

// born is when everything of the simulator was made.
var born = time.Date(2026, 1, 15, 8, 30, 0, 0, time.UTC)

const bornText = "2026-01-15T08:30:00.000Z"

// labels are the tags of the resource with a number: key and value in turn.
func labels(name string, n int) [6]string {
	return [6]string{"Name", name, "Application", "app-" + strconv.Itoa(n%100), "Environment", environments[n%len(environments)]}
}

var environments = []string{"production", "staging", "development"}
