// A caller: tells which providers a service has, and of each one that comes or goes, until it is stopped.
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

type caller struct {
	corral  corralv1.CoordinationClient
	service string
	// The address of each provider, by the path of its node.
	addresses map[string]string
	// Every change up to this one is in addresses; nil when they have to be read first.
	zxid *int64
}

func main() {
	args := append(os.Args[1:], []string{"127.0.0.1:7181", "/UserService/Login"}[len(os.Args)-1:]...)
	conn, err := grpc.NewClient(args[0], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	c := caller{corral: corralv1.NewCoordinationClient(conn), service: args[1], addresses: map[string]string{}}
	for {
		say("again in a second: " + c.follow(context.Background()).Error())
		time.Sleep(time.Second)
	}
}

// follow goes on from the zxid, if there is one, until something fails.
func (c *caller) follow(ctx context.Context) error {
	if c.zxid == nil {
		zxid, err := c.look(ctx)
		if err != nil {
			return err
		}
		c.zxid = &zxid
	}
	return c.watch(ctx)
}

// look reads what is there now, and answers the zxid that a watch must follow. The service's node may be missing.
func (c *caller) look(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	service, err := c.corral.Exists(ctx, &corralv1.ExistsRequest{Path: c.service})
	if err != nil {
		return 0, err
	}
	found := map[string]bool{}
	for token, more := "", service.Stat != nil; more; more = token != "" {
		page, err := c.corral.List(ctx, &corralv1.ListRequest{Path: c.service, PageToken: token})
		if err != nil {
			return 0, err
		}
		for _, child := range page.Children {
			found[c.service+"/"+child.Name] = true
		}
		token = page.NextPageToken
	}
	for path := range c.addresses {
		if !found[path] {
			c.forget(path)
		}
	}
	for path := range found {
		node, err := c.corral.Get(ctx, &corralv1.GetRequest{Path: path, AsText: true})
		switch {
		case err == nil:
			c.learn(path, node.Text)
		case status.Code(err) == codes.NotFound:
			c.forget(path) // The provider ended between the two calls.
		default:
			return 0, err
		}
	}
	return service.Zxid, nil
}

// watch follows every change after the zxid until the stream ends.
func (c *caller) watch(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Silent for longer than the server ever is: the link is dead, whatever TCP says.
	patience := 10 * time.Second
	silence := time.AfterFunc(patience, cancel)
	defer silence.Stop()
	changes, err := c.corral.Watch(ctx)
	if err != nil {
		return err
	}
	add := &corralv1.WatchAdd{Path: c.service, AfterZxid: c.zxid, WithData: true, AsText: true}
	if err := changes.Send(&corralv1.WatchRequest{Add: []*corralv1.WatchAdd{add}, Bookmark: true}); err != nil {
		return err
	}
	for {
		answer, err := changes.Recv()
		if err != nil {
			return err
		}
		for _, event := range answer.Events {
			switch {
			case event.Path == c.service:
			case event.Kind == corralv1.WatchEventKind_WATCH_EVENT_KIND_NODE_DELETED:
				c.forget(event.Path)
			default:
				c.learn(event.Path, event.Text)
			}
			c.zxid = &event.Zxid
		}
		if bookmark := answer.Bookmark; bookmark != nil {
			c.zxid = &bookmark.Zxid
			patience = 3 * time.Duration(bookmark.NextInMs) * time.Millisecond
		}
		silence.Reset(patience)
		for _, canceled := range answer.Canceled {
			// COMPACTED or ZXID_AHEAD: what happened meanwhile cannot be told, so everything is read anew.
			c.zxid = nil
			return status.FromProto(canceled.Status).Err()
		}
	}
}

// learn takes in the address of a provider, and tells of it if that is news.
func (c *caller) learn(path, address string) {
	if known, ok := c.addresses[path]; !ok || known != address {
		c.addresses[path] = address
		say("up " + path + " " + address)
	}
}

// forget takes in that a provider is gone.
func (c *caller) forget(path string) {
	if _, ok := c.addresses[path]; ok {
		delete(c.addresses, path)
		say("down " + path)
	}
}

func say(text string) {
	fmt.Println(time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), text)
}
