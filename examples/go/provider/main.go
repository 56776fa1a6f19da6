// A provider: registers its address under a service's path for as long as it lives.
//
//	go run ./provider 127.0.0.1:7181 /UserService/Login 10.0.0.5:8000 [timeout in ms]
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	corralv1 "github.com/corral-project/corral/gen/go/corral/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func main() {
	args := append(os.Args[1:], []string{"127.0.0.1:7181", "/UserService/Login", "10.0.0.5:8000", "0"}[len(os.Args)-1:]...)
	// A provider whose session is gone is not registered any more: it stops, and whoever supervises it starts
	// it again.
	if err := provide(args[0], args[1], args[2], args[3]); err != nil {
		log.Fatal(err)
	}
}

func provide(server, service, address, timeout string) error {
	timeoutMs, err := strconv.ParseInt(timeout, 10, 32)
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient(server, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	corral := corralv1.NewCoordinationClient(conn)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	life, err := corral.KeepAlive(ctx)
	if err != nil {
		return err
	}
	// The first message opens the session, and each one after it is a heartbeat.
	if err := life.Send(&corralv1.KeepAliveRequest{TimeoutMs: int32(timeoutMs)}); err != nil {
		return err
	}
	for {
		answer, err := life.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch answer.Event {
		case corralv1.KeepAliveEvent_KEEP_ALIVE_EVENT_OPENED:
			go beat(life, time.Duration(answer.TimeoutMs)*time.Millisecond/3)
			path, err := register(ctx, corral, service, address, answer.SessionToken)
			if err != nil {
				return err
			}
			say("registered " + path)
		case corralv1.KeepAliveEvent_KEEP_ALIVE_EVENT_EPHEMERAL_LOST:
			say("somebody deleted " + answer.Path)
		}
	}
}

// beat keeps the session alive until the program is asked to stop, and then closes it. It alone sends. When the
// stream has failed, Recv tells why.
func beat(life grpc.BidiStreamingClient[corralv1.KeepAliveRequest, corralv1.KeepAliveResponse], interval time.Duration) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			say("beat")
			if life.Send(&corralv1.KeepAliveRequest{}) != nil {
				return
			}
		case <-stop:
			life.Send(&corralv1.KeepAliveRequest{Close: true})
			return
		}
	}
}

// register creates the service's path where it is missing, and the address under it as a node of the session.
func register(ctx context.Context, corral corralv1.CoordinationClient, service, address, token string) (string, error) {
	names := strings.Split(service, "/")
	for depth := 2; depth <= len(names); depth++ {
		path := strings.Join(names[:depth], "/")
		if _, err := corral.Create(ctx, &corralv1.CreateRequest{Path: path}); err != nil && status.Code(err) != codes.AlreadyExists {
			return "", err
		}
	}
	node, err := corral.Create(metadata.AppendToOutgoingContext(ctx, "corral-session", token), &corralv1.CreateRequest{
		Path: service + "/provider-",
		Text: address,
		Mode: corralv1.CreateMode_CREATE_MODE_EPHEMERAL_SEQUENTIAL,
	})
	return node.GetPath(), err
}

func say(text string) {
	fmt.Println(time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), text)
}
