// Clients in Go: client KIND BASE CA NAME plays the story of LDLM REST (http) or of LDLM gRPC (grpc). Ends with 0 when all
// is as it should be, else with 1 and the reason.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

var kind, base, ca, name = os.Args[1], os.Args[2], os.Args[3], os.Args[4]

const patience = 10 * time.Second

func check(what string, isRight bool, actual any) {
	if isRight {
		return
	}
	fmt.Fprintln(os.Stderr, what+":", actual)
	os.Exit(1)
}

func trust() *tls.Config {
	if ca == "" {
		return nil
	}
	pool := x509.NewCertPool()
	bytes, err := os.ReadFile(ca)
	check("CA", err == nil, err)
	pool.AppendCertsFromPEM(bytes)
	return &tls.Config{RootCAs: pool}
}

func lockOverRest() {
	jar, _ := cookiejar.New(nil)
	transport := &http.Transport{TLSClientConfig: trust(), ForceAttemptHTTP2: true}
	client := &http.Client{Jar: jar, Timeout: patience, Transport: transport}
	ask := func(method, path string, fields map[string]any) map[string]any {
		var body io.Reader
		if fields != nil {
			text, _ := json.Marshal(fields)
			body = bytes.NewReader(text)
		}
		request, err := http.NewRequest(method, base+path, body)
		check("request", err == nil, err)
		response, err := client.Do(request)
		check(method+" "+path, err == nil, err)
		defer response.Body.Close()
		var answer map[string]any
		err = json.NewDecoder(response.Body).Decode(&answer)
		check(method+" "+path, err == nil, response.Status)
		return answer
	}
	ask("POST", "/session", nil)
	taken := ask("POST", "/v1/lock", map[string]any{"name": name})
	check("lock", taken["locked"] == true, taken)
	second := ask("POST", "/v1/lock", map[string]any{"name": name})
	check("second lock", second["locked"] == false, second)
	back := ask("POST", "/v1/unlock", map[string]any{"name": name, "key": taken["key"]})
	check("unlock", back["unlocked"] == true, back)
	ask("DELETE", "/session", nil)
}

// raw passes the bytes of messages through, so that no generated code is needed.
type raw struct{}

func (raw) Marshal(value any) ([]byte, error)      { return *value.(*[]byte), nil }
func (raw) Unmarshal(data []byte, value any) error { *value.(*[]byte) = append([]byte(nil), data...); return nil }
func (raw) Name() string                           { return "proto" }

func text(field byte, value string) []byte {
	return append([]byte{field<<3 | 2, byte(len(value))}, value...)
}

func lockOverGrpc() {
	security := grpc.WithInsecure()
	if config := trust(); config != nil {
		security = grpc.WithTransportCredentials(credentials.NewTLS(config))
	}
	connect := func() *grpc.ClientConn {
		connection, err := grpc.Dial(strings.Split(base, "://")[1], security)
		check("connection", err == nil, err)
		return connection
	}
	call := func(connection *grpc.ClientConn, method string, request []byte) []byte {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		var answer []byte
		err := connection.Invoke(ctx, "/ldlm.LDLM/"+method, &request, &answer, grpc.ForceCodec(raw{}))
		check(method, err == nil, err)
		return answer
	}
	// The first field of each answer says whether it is so, and is left out when it is not.
	isSo := func(answer []byte) bool { return len(answer) > 1 && answer[0] == 8 && answer[1] == 1 }
	holder, other := connect(), connect()
	taken := call(holder, "TryLock", text(1, name))
	check("lock", isSo(taken), taken)
	check("lock of another client", !isSo(call(other, "TryLock", text(1, name))), "granted, too")
	key := string(taken[len(taken)-36:])
	check("unlock", isSo(call(holder, "Unlock", append(text(1, name), text(2, key)...))), "refused")
	check("lock again", isSo(call(holder, "TryLock", text(1, name))), "refused")
	holder.Close()
	check("lock after the holder", isSo(call(other, "Lock", append(text(1, name), 0x18, 5))), "refused")
	other.Close()
}

func main() {
	if kind == "http" {
		lockOverRest()
	} else {
		lockOverGrpc()
	}
}
