// A clock for several cities, on one page.
package main

import (
	"encoding/json"
	"html/template"
	"log"
	"net/http"
	"time"
)

var cities = []string{"America/New_York", "Europe/Lisbon", "Asia/Kolkata", "Pacific/Auckland"}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<title>What time is it there?</title>
<h1>What time is it there?</h1>
<ul>{{range .}}<li>{{.City}}: {{.Time}}</li>{{end}}</ul>
</html>
`))

// A Clock tells what time it is in a city.
type Clock struct {
	City string `json:"city"`
	Time string `json:"time"`
}

func clocks(now time.Time) ([]Clock, error) {
	var all []Clock
	for _, city := range cities {
		place, err := time.LoadLocation(city)
		if err != nil {
			return nil, err
		}
		all = append(all, Clock{City: city, Time: now.In(place).Format("Mon 15:04")})
	}
	return all, nil
}

func show(w http.ResponseWriter, r *http.Request) {
	all, err := clocks(time.Now())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if r.URL.Path == "/clocks.json" {
		err = json.NewEncoder(w).Encode(all)
	} else {
		err = page.Execute(w, all)
	}
	if err != nil {
		log.Print(err)
	}
}

func main() {
	log.Fatal(http.ListenAndServe(":8080", http.HandlerFunc(show)))
}
