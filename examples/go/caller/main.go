// A caller: prints the addresses of a service's live providers, one a line.
//
//	go run ./caller 127.0.0.1:7181 /UserService/Login
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	corralv1 "github.com/corral-project/corral/gen/go/corral/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

func main() {
	args := append(os.Args[1:], []string{"127.0.0.1:7181", "/UserService/Login"}[len(os.Args)-1:]...)
	if err := look(args[0], args[1]); err != nil {
		log.Fatal(err)
	}
}

func look(server, service string) error {
	conn, err := grpc.NewClient(server, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	corral := corralv1.NewCoordinationClient(conn)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	providers, err := corral.List(ctx, &corralv1.ListRequest{Path: service})
	if err != nil {
		return err
	}
	for _, child := range providers.Children {
		node, err := corral.Get(ctx, &corralv1.GetRequest{Path: service + "/" + child.Name, AsText: true})
		if status.Code(err) == codes.NotFound {
			continue // The provider ended between the two calls.
		}
		if err != nil {
			return err
		}
		fmt.Println(node.Text)
	}
	return nil
}
