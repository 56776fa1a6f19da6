// Corral's story, told with the generated Go client. story.ts says how it is run.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"time"

	corralv1 "github.com/corral-project/corral/gen/go/corral/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

type seen struct {
	Token     string          `json:"token"`
	SessionID string          `json:"sessionId"`
	Sl        json.RawMessage `json:"sl"`
	Ephemeral json.RawMessage `json:"ephemeral"`
	// The last change that a watch was told of.
	Zxid string `json:"zxid"`
}

type teller struct {
	corral corralv1.CoordinationClient
	ctx    context.Context
}

func main() {
	log.SetFlags(log.Lshortfile)
	conn := must(grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials())))
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	t := teller{corralv1.NewCoordinationClient(conn), ctx}
	if os.Args[2] == "before" {
		fmt.Println(string(must(json.Marshal(t.before()))))
		return
	}
	var told seen
	check(json.Unmarshal([]byte(os.Args[3]), &told) == nil, "bad argument")
	t.after(told)
}

func (t teller) before() seen {
	top := must(t.corral.List(t.ctx, &corralv1.ListRequest{Path: "/"}))
	for _, child := range top.Children {
		check(child.Name != "sl", "/sl is there already")
	}
	watching := t.watch("/sl", top.Zxid)
	created := must(t.corral.Create(t.ctx, &corralv1.CreateRequest{Path: "/sl", Text: "20"}))
	check(created.Path == "/sl" && created.Stat.Version == 0, "created", created)
	got := must(t.corral.Get(t.ctx, &corralv1.GetRequest{Path: "/sl", AsText: true}))
	check(got.Text == "20", "got", got)
	set := must(t.corral.Set(t.ctx, &corralv1.SetRequest{Path: "/sl", Data: []byte("30"), Version: proto.Int32(0)}))
	check(set.Stat.Version == 1 && set.Zxid > created.Zxid, "set", set)
	got = must(t.corral.Get(t.ctx, &corralv1.GetRequest{Path: "/sl"}))
	check(string(got.Data) == "30", "got", got)
	event := watching.next(corralv1.WatchEventKind_WATCH_EVENT_KIND_NODE_CREATED, "/sl")
	check(event.Zxid == created.Zxid && event.Text == "20", "event", event)
	event = watching.next(corralv1.WatchEventKind_WATCH_EVENT_KIND_NODE_DATA_CHANGED, "/sl")
	check(event.Zxid == set.Zxid && event.Text == "30" && event.PreviousText == "20", "event", event)

	t.refusals()
	event = watching.next(corralv1.WatchEventKind_WATCH_EVENT_KIND_NODE_CREATED, "/sl/child")
	check(event.Text == "a child", "event", event)
	removed := must(t.corral.Delete(t.ctx, &corralv1.DeleteRequest{Path: "/sl/child"}))
	event = watching.next(corralv1.WatchEventKind_WATCH_EVENT_KIND_NODE_DELETED, "/sl/child")
	check(event.Zxid == removed.Zxid && event.PreviousText == "a child", "event", event)

	node := &corralv1.CreateRequest{Path: "/sl/here", Text: "I am", Mode: corralv1.CreateMode_CREATE_MODE_EPHEMERAL}
	_, err := t.corral.Create(t.ctx, node)
	refused(err, codes.FailedPrecondition, "SESSION_REQUIRED", nil)
	life := t.keepAlive(&corralv1.KeepAliveRequest{TimeoutMs: 20_000})
	opened := life.next(corralv1.KeepAliveEvent_KEEP_ALIVE_EVENT_OPENED)
	asSession := metadata.AppendToOutgoingContext(t.ctx, "corral-session", opened.SessionToken)
	stat := must(t.corral.Create(asSession, node)).Stat
	check(stat.EphemeralOwner == opened.SessionId, "owner", stat)
	life.send(&corralv1.KeepAliveRequest{})
	life.next(corralv1.KeepAliveEvent_KEEP_ALIVE_EVENT_ALIVE)
	// The stream ends, and the session lives on.
	check(life.stream.CloseSend() == nil, "half-close")

	sl := must(t.corral.Exists(t.ctx, &corralv1.ExistsRequest{Path: "/sl"})).Stat
	return seen{
		Token:     opened.SessionToken,
		SessionID: strconv.FormatInt(opened.SessionId, 10),
		Sl:        must(protojson.Marshal(sl)),
		Ephemeral: must(protojson.Marshal(stat)),
		Zxid:      strconv.FormatInt(removed.Zxid, 10),
	}
}

func (t teller) refusals() {
	_, err := t.corral.Create(t.ctx, &corralv1.CreateRequest{Path: "/sl/sl2/sl3"})
	refused(err, codes.NotFound, "NO_NODE", map[string]string{"path": "/sl/sl2"})
	_, err = t.corral.Create(t.ctx, &corralv1.CreateRequest{Path: "sl"})
	refused(err, codes.InvalidArgument, "BAD_ARGUMENTS", nil)
	must(t.corral.Create(t.ctx, &corralv1.CreateRequest{Path: "/sl/child", Text: "a child"}))
	_, err = t.corral.Delete(t.ctx, &corralv1.DeleteRequest{Path: "/sl"})
	refused(err, codes.FailedPrecondition, "NOT_EMPTY", map[string]string{"path": "/sl"})
	_, err = t.corral.Set(t.ctx, &corralv1.SetRequest{Path: "/sl", Text: "40", Version: proto.Int32(0)})
	refused(err, codes.Aborted, "BAD_VERSION", map[string]string{"path": "/sl", "expected": "0", "actual": "1"})
}

func (t teller) after(told seen) {
	sl := must(t.corral.Get(t.ctx, &corralv1.GetRequest{Path: "/sl", AsText: true}))
	check(sl.Text == "30", "got", sl)
	same(sl.Stat, told.Sl)
	ephemeral := must(t.corral.Get(t.ctx, &corralv1.GetRequest{Path: "/sl/here", AsText: true}))
	check(ephemeral.Text == "I am", "got", ephemeral)
	same(ephemeral.Stat, told.Ephemeral)

	// What happened after the last event it was told of, also before the restart, and then what happens now.
	watching := t.watch("/sl", must(strconv.ParseInt(told.Zxid, 10, 64)))
	event := watching.next(corralv1.WatchEventKind_WATCH_EVENT_KIND_NODE_CREATED, "/sl/here")
	check(event.Zxid == ephemeral.Stat.Czxid && event.Text == "I am", "event", event)

	life := t.keepAlive(&corralv1.KeepAliveRequest{SessionToken: told.Token})
	attached := life.next(corralv1.KeepAliveEvent_KEEP_ALIVE_EVENT_ATTACHED)
	check(strconv.FormatInt(attached.SessionId, 10) == told.SessionID, "attached", attached)
	life.send(&corralv1.KeepAliveRequest{Close: true})
	closed := life.next(corralv1.KeepAliveEvent_KEEP_ALIVE_EVENT_CLOSED)
	event = watching.next(corralv1.WatchEventKind_WATCH_EVENT_KIND_NODE_DELETED, "/sl/here")
	check(event.Zxid == closed.Zxid && event.PreviousText == "I am", "event", event)
	check(errors.Is(life.end(), io.EOF), "the end of the stream")
	check(must(t.corral.Exists(t.ctx, &corralv1.ExistsRequest{Path: "/sl/here"})).Stat == nil, "/sl/here stays")
	check(must(t.corral.Exists(t.ctx, &corralv1.ExistsRequest{Path: "/sl"})).Stat.GetVersion() == 1, "/sl is gone")
	again := t.keepAlive(&corralv1.KeepAliveRequest{SessionToken: told.Token})
	refused(again.end(), codes.FailedPrecondition, "SESSION_EXPIRED", nil)
}

// A life is a KeepAlive stream, read one answer at a time.
type life struct {
	stream grpc.BidiStreamingClient[corralv1.KeepAliveRequest, corralv1.KeepAliveResponse]
}

func (t teller) keepAlive(first *corralv1.KeepAliveRequest) life {
	l := life{must(t.corral.KeepAlive(t.ctx))}
	l.send(first)
	return l
}

func (l life) send(message *corralv1.KeepAliveRequest) {
	check(l.stream.Send(message) == nil, "send")
}

func (l life) next(event corralv1.KeepAliveEvent) *corralv1.KeepAliveResponse {
	answer := must(l.stream.Recv())
	check(answer.Event == event, "answered", answer)
	return answer
}

func (l life) end() error {
	answer, err := l.stream.Recv()
	check(err != nil, "the stream goes on", answer)
	return err
}

// A watching is one watch of a node and all below it, with data, read one event at a time.
type watching struct {
	stream grpc.BidiStreamingClient[corralv1.WatchRequest, corralv1.WatchResponse]
	// Events that came with the last one.
	events []*corralv1.WatchEvent
}

func (t teller) watch(path string, afterZxid int64) *watching {
	w := &watching{stream: must(t.corral.Watch(t.ctx))}
	add := &corralv1.WatchAdd{
		Path: path, AfterZxid: &afterZxid, WithData: true, WithPreviousData: true, AsText: true,
	}
	check(w.stream.Send(&corralv1.WatchRequest{Add: []*corralv1.WatchAdd{add}}) == nil, "send")
	return w
}

func (w *watching) next(kind corralv1.WatchEventKind, path string) *corralv1.WatchEvent {
	for len(w.events) == 0 {
		answer := must(w.stream.Recv())
		check(len(answer.Canceled) == 0, "canceled", answer)
		w.events = answer.Events
	}
	event := w.events[0]
	w.events = w.events[1:]
	check(event.Kind == kind && event.Path == path, "event", event)
	return event
}

func refused(err error, code codes.Code, reason string, facts map[string]string) {
	check(status.Code(err) == code, "refused", reason, err)
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			check(info.Reason == reason && info.Domain == "corral", "refused", reason, info)
			for name, value := range facts {
				check(info.Metadata[name] == value, "refused", reason, info)
			}
			return
		}
	}
	check(false, "no ErrorInfo for", reason, err)
}

func same(stat *corralv1.Stat, told json.RawMessage) {
	var before corralv1.Stat
	check(protojson.Unmarshal(told, &before) == nil, "bad Stat", string(told))
	check(proto.Equal(stat, &before), "the Stat was", &before, "and is", stat)
}

func must[T any](value T, err error) T {
	check(err == nil, err)
	return value
}

func check(ok bool, what ...any) {
	if !ok {
		log.Output(2, fmt.Sprintln(what...))
		os.Exit(1)
	}
}
