// Checks histories of registers, key by key, with Porcupine: linearizable file.jsonl...
//
// For each file it prints one line of JSON: the file, the keys whose calls are not linearizable, and for each of them a picture, which lies beside the
// file. It ends with 0 if every file could be checked, whatever came of it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// More than any history that the recorder makes needs; who looks for longer than this has found nothing.
const longest = 2 * time.Minute

type verdict struct {
	File     string   `json:"file"`
	Keys     []string `json:"keys"`
	Pictures []string `json:"pictures"`
}

func read(path string) (map[string][]porcupine.Operation, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	keys := map[string][]porcupine.Operation{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var one call
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return nil, err
		}
		keys[one.Key] = append(keys[one.Key], porcupine.Operation{ClientId: one.By, Input: one, Call: one.Start, Return: one.End})
	}
	return keys, lines.Err()
}

func check(path string) (verdict, error) {
	found := verdict{File: path, Keys: []string{}, Pictures: []string{}}
	histories, err := read(path)
	if err != nil {
		return found, err
	}
	model := nondeterministic.ToModel()
	for key, history := range histories {
		switch porcupine.CheckOperationsTimeout(model, history, longest) {
		case porcupine.Unknown:
			return found, fmt.Errorf("key %s could not be decided in %v", key, longest)
		case porcupine.Illegal:
			found.Keys = append(found.Keys, key)
		}
	}
	sort.Strings(found.Keys)
	for _, key := range found.Keys {
		picture := fmt.Sprintf("%s-%s.html", strings.TrimSuffix(path, ".jsonl"), key)
		_, info := porcupine.CheckOperationsVerbose(model, histories[key], longest)
		if err := porcupine.VisualizePath(model, info, picture); err != nil {
			return found, err
		}
		found.Pictures = append(found.Pictures, picture)
	}
	return found, nil
}

func main() {
	out := json.NewEncoder(os.Stdout)
	for _, path := range os.Args[1:] {
		found, err := check(path)
		if err == nil {
			err = out.Encode(found)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			os.Exit(1)
		}
	}
}
