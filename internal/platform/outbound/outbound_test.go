package outbound

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// target is an address of the inside, and the ways in which one may write it.
func forms(a netip.Addr) []string {
	if a.Is6() {
		b := a.As16()
		var long []string
		for i := 0; i < 16; i += 2 {
			long = append(long, fmt.Sprintf("%02x%02x", b[i], b[i+1]))
		}
		return []string{"[" + a.String() + "]", "[" + strings.Join(long, ":") + "]", "[" + strings.ToUpper(a.String()) + "]", "[" + a.String() + "%25lo]", "[" + a.String() + "%25eth0]"}
	}
	b := a.As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	dotted := a.String()
	full := func(s string, zero rune) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return zero + r - '0'
			}
			return r
		}, s)
	}
	return []string{
		dotted, dotted + ".", strconv.FormatUint(uint64(n), 10), fmt.Sprintf("0x%x", n), fmt.Sprintf("0X%X", n), fmt.Sprintf("0%o", n),
		fmt.Sprintf("0x%x.0x%x.0x%x.0x%x", b[0], b[1], b[2], b[3]), fmt.Sprintf("0%o.0%o.0%o.0%o", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("%d.0x%x.0%o.%d", b[0], b[1], b[2], b[3]), fmt.Sprintf("%d.%d", b[0], n&0xffffff), fmt.Sprintf("%d.%d.%d", b[0], b[1], n&0xffff),
		fmt.Sprintf("%03d.%03d.%03d.%03d", b[0], b[1], b[2], b[3]), fmt.Sprintf("%d", uint64(n)+1<<32),
		full(dotted, '０'), strings.ReplaceAll(dotted, ".", "。"), strings.ReplaceAll(dotted, ".", "．"), strings.ReplaceAll(dotted, ".", "｡"),
		url.PathEscape(dotted), strings.ReplaceAll(dotted, ".", "%2e"),
		fmt.Sprintf("[::ffff:%s]", dotted), fmt.Sprintf("[::ffff:%x:%x]", n>>16, n&0xffff), fmt.Sprintf("[0:0:0:0:0:ffff:%s]", dotted),
		fmt.Sprintf("[::%s]", dotted), fmt.Sprintf("[::ffff:0:%s]", dotted), fmt.Sprintf("[64:ff9b::%s]", dotted), fmt.Sprintf("[64:ff9b:1::%s]", dotted),
		fmt.Sprintf("[2002:%x:%x::1]", n>>16, n&0xffff), fmt.Sprintf("[2001:0:%x:%x::1]", n>>16, n&0xffff),
		fmt.Sprintf("[2001::%x:%x]", ^n>>16, ^n&0xffff), fmt.Sprintf("[2a00:1450::5efe:%s]", dotted), fmt.Sprintf("[2a00:1450::200:5efe:%s]", dotted),
		fmt.Sprintf("[fe80::5efe:%s]", dotted),
		dotted + ".nip.example", "www." + dotted + ".example", "xn--" + strings.ReplaceAll(dotted, ".", "-") + "-abc.example",
	}
}

// inside are addresses that nobody outside may make us call.
func inside() []string {
	return []string{"127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
		"192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "168.63.129.16", "203.0.113.9", "240.0.0.1",
		"::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1", "100::1", "5f00::1", "3fff::1", "2001:10::1"}
}

// No connection leaves for any form of an inner address, by any name that resolves to one, behind any decoration. It is seen
// where sockets connect, and by a listener that the loopback forms mean.
func TestNoConnectionLeaves(t *testing.T) {
	t.Parallel()
	var accepted, connected atomic.Int64
	port := listen(t, &accepted)
	tried := 0
	for _, text := range inside() {
		a := netip.MustParseAddr(text)
		dns := &names{always: a}
		gate := func(network, address string) error { connected.Add(1); return nil }
		client := New(Policy{Plain: true, Resolver: dns.resolver(), gate: gate})
		defer client.CloseIdleConnections()
		for _, host := range append(forms(a), "rebound.example", "localhost", "LOCALHOST.", "metadata.google.internal", "bücher.example", "ⓛocalhost") {
			for _, address := range []string{
				"http://" + host + ":" + port + "/", "https://" + host + ":" + port + "/x?y=z", "http://user:pass@" + host + ":" + port + "/",
				"http://public.example@" + host + ":" + port + "/", "http://" + host + ":" + port + "#@public.example/",
			} {
				tried++
				err := get(t, client, address)
				if err == nil {
					t.Errorf("%s (%s) was called", address, text)
				}
			}
		}
	}
	if n := connected.Load(); n != 0 {
		t.Errorf("%d sockets connected", n)
	}
	if n := accepted.Load(); n != 0 {
		t.Errorf("%d connections arrived", n)
	}
	if tried < 200 {
		t.Errorf("only %d forms were tried", tried)
	}
	t.Logf("%d addresses were tried, none was connected to", tried)
	// The test can fail: where the operator allows the range, the same forms do arrive.
	open := New(Policy{Plain: true, Allow: []string{"127.0.0.0/8"}, Resolver: (&names{always: netip.MustParseAddr("127.0.0.1")}).resolver()})
	for _, host := range []string{"127.0.0.1", "rebound.example", "0x7f.1"} {
		if err := get(t, open, "http://"+host+":"+port+"/"); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if accepted.Load() == 0 {
		t.Error("the listener cannot be reached at all")
	}
}

// A name that is public when it is looked at, and inner when it is called, gets no connection; nor does one with an address of each
// sort get one to the inner.
func TestRebinding(t *testing.T) {
	t.Parallel()
	inner, outer := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("93.184.216.34")
	stop := errors.New("far enough")
	var mu sync.Mutex
	var seen []string
	gate := func(_, address string) error {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, address)
		return stop // nothing leaves the test
	}
	dns := &names{turns: [][]netip.Addr{{outer}, {inner}, {inner, outer}, {outer, inner}}}
	client := New(Policy{Plain: true, Resolver: dns.resolver(), gate: gate})
	for turn, want := range []bool{true, false, true, true} {
		dns.turn.Store(int64(turn))
		err := get(t, client, "http://rebound.example/")
		if _, refused := Why(err); refused == want && turn < 2 {
			t.Errorf("turn %d: %v", turn, err)
		}
	}
	if len(seen) < 3 {
		t.Errorf("the public address was not tried: %v", seen)
	}
	for _, address := range seen {
		if address != "93.184.216.34:80" {
			t.Errorf("connects to %s", address)
		}
	}
}

// A redirect is an answer like any other.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var hits atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusTemporaryRedirect)
	}))
	defer srv.Close()
	client := New(Policy{Allow: []string{"127.0.0.1"}, Plain: true})
	resp, err := client.Post(srv.URL, "text/plain", strings.NewReader("x"))
	if err != nil || resp.StatusCode != http.StatusTemporaryRedirect || hits.Load() != 1 {
		t.Errorf("%v, %v, %d requests", resp, err, hits.Load())
	}
	if err == nil {
		resp.Body.Close()
	}
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	var hits atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer srv.Close()
	t.Setenv("HTTP_PROXY", srv.URL)
	t.Setenv("HTTPS_PROXY", srv.URL)
	err := get(t, New(Policy{Plain: true, Resolver: (&names{always: netip.MustParseAddr("10.0.0.1")}).resolver()}), "http://inner.example/")
	if _, refused := Why(err); !refused || hits.Load() != 0 {
		t.Errorf("%v, %d requests", err, hits.Load())
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	p := Policy{Allow: []string{"hooks.corp", "10.1.0.0/16", "fd12::/16", "Straße.example"}}
	if err := p.CheckAllow(); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]Reason{
		"https://example.com/hook": "", "https://example.com.:8443/": "", "https://[2606:4700::1111]/": "", "http://hooks.corp/": "", "http://HOOKS.corp./x": "",
		"https://10.1.2.3/": "", "http://10.1.2.3/": "", "https://[fd12::1]/": "", "https://strasse.example/": "", "https://straße.example/": "",
		"http://example.com/": BadScheme, "ftp://example.com/": BadScheme, "file:///etc/passwd": BadScheme, "gopher://x/": BadScheme, "example.com": BadScheme,
		"https://": BadAddress, "https:///x": BadAddress, "https:example.com": BadAddress, "://": BadAddress, "https://a b/": BadAddress,
		"https://u:p@example.com/": BadUser, "https://u@example.com/": BadUser,
		"https://10.2.0.1/": NotPublic, "https://127.0.0.1/": NotPublic, "https://[::1]/": NotPublic, "https://localhost/": NotPublic, "https://a.localhost/": NotPublic,
		"https://printer.local/": NotPublic, "https://[::ffff:8.8.8.8]/": NotPublic, "https://[fe80::1%25eth0]/": NotPublic,
	} {
		err := p.Check(address)
		if got, _ := Why(err); got != want {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
	for _, entry := range []string{"", "10.0.0.0/33", "a b", "http://x", "*.example", "host:80", "u@h"} {
		if (Policy{Allow: []string{entry}}).CheckAllow() == nil {
			t.Errorf("allowed: %q", entry)
		}
	}
}

// Whatever net/netip calls private, loopback and so on is refused by our ranges too, and an address within an IPv4 form of IPv6 is
// never public.
func TestPublicAgreesWithTheLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var a netip.Addr
		if rapid.Bool().Draw(r, "v4") {
			a = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(r, "bytes")))
		} else {
			a = netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "bytes")))
		}
		special := a.IsPrivate() || a.IsLoopback() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.IsUnspecified() || a.Is4In6() || !a.IsGlobalUnicast()
		if special && public(a) {
			r.Fatalf("%s is special, and taken as public", a)
		}
		if a.Is4() && public(netip.AddrFrom16(a.As16())) {
			r.Fatalf("%s is public when mapped", a)
		}
	})
	for _, text := range []string{"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"} {
		if !public(netip.MustParseAddr(text)) {
			t.Errorf("%s is public", text)
		}
	}
}

func get(t *testing.T, client *http.Client, address string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return nil
}

// listen answers on one port of both families, and counts who comes.
func listen(t *testing.T, count *atomic.Int64) (port string) {
	t.Helper()
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(first.Addr().String())
	listeners := []net.Listener{first}
	if second, err := net.Listen("tcp", "[::1]:"+port); err == nil { // not every machine has IPv6
		listeners = append(listeners, second)
	}
	for _, ln := range listeners {
		srv := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				count.Add(1)
			}
		}}
		done := make(chan struct{})
		go func() { defer close(done); _ = srv.Serve(ln) }()
		t.Cleanup(func() { srv.Close(); <-done })
	}
	return port
}
