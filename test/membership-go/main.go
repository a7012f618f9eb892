// One member of a gossip ring by hashicorp/memberlist, set up as MetalLB sets up its own: what ours has
// to get along with. Every line it writes is a JSON object with the members as it sees them; every
// line it reads is a command. At the end of its input it is gone without a word, as after a crash.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

type line struct {
	Event   string   `json:"event"`
	Node    string   `json:"node,omitempty"`
	Error   string   `json:"error,omitempty"`
	Members []string `json:"members"`
	// What each of them says of itself.
	Metas map[string]string `json:"metas"`
	// Who answers for each of a hundred addresses, elected from the members as MetalLB does.
	Owners []string `json:"owners"`
}

var writing sync.Mutex

func main() {
	name := flag.String("name", "", "of the node")
	bind := flag.String("bind", "", "address")
	port := flag.Int("port", 7946, "of everybody")
	key := flag.String("key", "", "of the ring, in hex; empty: nothing is sealed")
	flag.Parse()

	config := memberlist.DefaultLANConfig()
	config.Name = *name
	config.BindAddr, config.AdvertiseAddr = *bind, *bind
	config.BindPort, config.AdvertisePort = *port, *port
	config.SecretKey = must(hex.DecodeString(*key))
	config.Logger = log.New(os.Stderr, "", log.Ltime|log.Lmicroseconds)
	events := make(chan memberlist.NodeEvent, 1024)
	config.Events = &memberlist.ChannelEventDelegate{Ch: events}

	list := must(memberlist.Create(config))
	go tell(list, events)
	say(list, line{Event: "ready"})
	obey(list)
}

func tell(list *memberlist.Memberlist, events <-chan memberlist.NodeEvent) {
	names := map[memberlist.NodeEventType]string{
		memberlist.NodeJoin: "join", memberlist.NodeLeave: "leave", memberlist.NodeUpdate: "update",
	}
	for event := range events {
		say(list, line{Event: names[event.Event], Node: event.Node.Name})
	}
}

func obey(list *memberlist.Memberlist) {
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		command, argument, _ := strings.Cut(input.Text(), " ")
		answer := line{Event: command}
		switch command {
		case "join":
			_, err := list.Join(strings.Split(argument, ","))
			answer.Error = text(err)
		case "leave":
			answer.Error = text(list.Leave(time.Second))
		default:
			answer.Error = "unknown command"
		}
		say(list, answer)
	}
}

func say(list *memberlist.Memberlist, one line) {
	// Two of us at once must not print what was true before after what is true now.
	writing.Lock()
	defer writing.Unlock()
	one.Members, one.Metas = []string{}, map[string]string{}
	for _, node := range list.Members() {
		one.Members = append(one.Members, node.Name)
		one.Metas[node.Name] = string(node.Meta)
	}
	sort.Strings(one.Members)
	for last := range 100 {
		one.Owners = append(one.Owners, elect(one.Members, fmt.Sprintf("203.0.113.%d", last)))
	}
	fmt.Println(string(must(json.Marshal(one))))
}

func elect(members []string, address string) string {
	owner, lowest := "", []byte(nil)
	for _, name := range members {
		digest := sha256.Sum256([]byte(name + "#" + address))
		if lowest == nil || bytes.Compare(digest[:], lowest) < 0 {
			owner, lowest = name, digest[:]
		}
	}
	return owner
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
