package main

import (
	"fmt"
	"math"

	"github.com/anishathalye/porcupine"
)

// What a key holds: a number or nothing.
type register struct {
	present bool
	value   int64
}

// What a call was given and what it gave, as the history has it: numbers, booleans, nil for nothing.
type call struct {
	Op     string `json:"op"`
	Key    string `json:"key"`
	Args   []any  `json:"args"`
	Result any    `json:"result"`
	Start  int64  `json:"start,string"`
	End    int64  `json:"end,string"`
	By     int    `json:"by"`
}

func registerOf(value any) register {
	if number, ok := value.(float64); ok {
		return register{present: true, value: int64(number)}
	}
	return register{}
}

func (r register) String() string {
	if !r.present {
		return "nothing"
	}
	return fmt.Sprint(r.value)
}

func (c call) arg(i int) register { return registerOf(c.Args[i]) }

// The registers that a call can leave, of those in which it can give its result. It says the same as __test__/fixtures/register.ts, which says
// what the calls are and what is left out; written apart from it, so that neither checker inherits a slip of the other.
func (c call) after(state register) []any {
	result := registerOf(c.Result)
	said, _ := c.Result.(bool)
	only := func(possible bool, next register) []any {
		if possible {
			return []any{next}
		}
		return nil
	}
	switch c.Op {
	case "get":
		return only(result == state, state)
	case "has":
		return only(said == state.present, state)
	case "set":
		return []any{c.arg(0)}
	case "clear":
		return []any{register{}}
	case "swap":
		return only(result == state, c.arg(0))
	case "getOrInsert":
		if state.present {
			return only(result == state, state)
		}
		return only(result == c.arg(0), c.arg(0))
	case "compareAndSet":
		if c.arg(0) == state {
			return only(said, c.arg(1))
		}
		return only(!said, state)
	case "increment":
		sum := register{present: true, value: state.value + c.arg(0).value}
		return only(result == sum, sum)
	case "delete":
		return only(said == state.present, register{})
	case "load":
		if state.present {
			return nil
		}
		return []any{state, c.arg(0)}
	case "join":
		return only(!state.present || result == state, state)
	}
	panic("no call of a register: " + c.Op)
}

func (c call) String() string {
	if c.Result == nil {
		return fmt.Sprintf("%s%v", c.Op, numbers(c.Args))
	}
	return fmt.Sprintf("%s%v = %v", c.Op, numbers(c.Args), numbers([]any{c.Result})[0])
}

// Without exponents.
func numbers(values []any) []any {
	shown := make([]any, len(values))
	for i, value := range values {
		shown[i] = value
		if number, ok := value.(float64); ok && number == math.Trunc(number) {
			shown[i] = int64(number)
		}
	}
	return shown
}

var nondeterministic = porcupine.NondeterministicModel{
	Init:              func() []any { return []any{register{}} },
	Step:              func(state, input, _ any) []any { return input.(call).after(state.(register)) },
	Hash:              func(state any) uint64 { return uint64(state.(register).value) * 0x9e3779b97f4a7c15 },
	DescribeOperation: func(input, _ any) string { return input.(call).String() },
	DescribeState:     func(state any) string { return state.(register).String() },
}
