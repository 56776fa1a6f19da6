// Asks a server who it is, over TLS. whoami.ts says how it is run.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	corralv1 "github.com/corral-project/corral/gen/go/corral/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
)

type options struct {
	CA            string `json:"ca"`
	Cert          string `json:"cert"`
	Key           string `json:"key"`
	Authorization string `json:"authorization"`
}

func main() {
	log.SetFlags(log.Lshortfile)
	var o options
	check(json.Unmarshal([]byte(os.Args[2]), &o))
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(must(os.ReadFile(o.CA)))
	config := &tls.Config{RootCAs: authorities}
	if o.Cert != "" {
		config.Certificates = []tls.Certificate{must(tls.LoadX509KeyPair(o.Cert, o.Key))}
	}
	conn := must(grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(credentials.NewTLS(config))))
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if o.Authorization != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", o.Authorization)
	}
	answer := must(corralv1.NewCoordinationClient(conn).WhoAmI(ctx, &corralv1.WhoAmIRequest{}))
	for _, identity := range answer.Identities {
		fmt.Printf("%s:%s\n", identity.Scheme, identity.Id)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Output(2, err.Error())
		os.Exit(1)
	}
}
