package history

import (
	"strconv"
	"time"
)

// maxRange is the longest time that a request covers; what asks for more gets this.
const maxRange = 366 * 24 * time.Hour

// ChartRange reads the range of a charts request; missing and unknown mean an hour.
func ChartRange(text string) time.Duration {
	switch text {
	case "5m":
		return 5 * time.Minute
	case "15m":
		return 15 * time.Minute
	case "30m":
		return 30 * time.Minute
	case "4h":
		return 4 * time.Hour
	case "12h":
		return 12 * time.Hour
	case "24h":
		return 24 * time.Hour
	case "7d":
		return 7 * 24 * time.Hour
	}
	return time.Hour
}

// StorageRange reads the range of a storage charts request: whole minutes, an
// hour when there is no number in front.
func StorageRange(text string) time.Duration {
	digits := 0
	for digits < len(text) && text[digits] >= '0' && text[digits] <= '9' {
		digits++
	}
	minutes, err := strconv.Atoi(text[:digits])
	if err != nil || minutes <= 0 {
		return time.Hour
	}
	return min(time.Duration(min(minutes, int(maxRange/time.Minute)))*time.Minute, maxRange)
}

// SpanOf reads the range of a history request: days as "7d", any Go
// duration, and a day for everything else.
func SpanOf(text string) time.Duration {
	const day = 24 * time.Hour
	switch text {
	case "1d":
		return day
	case "7d":
		return 7 * day
	case "30d":
		return 30 * day
	case "90d":
		return 90 * day
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return day
	}
	return min(d, maxRange)
}

// stepFor returns the length of the buckets that cut a range into at most the
// given number of points: whole seconds that people can read off a clock.
func stepFor(span time.Duration, points int) time.Duration {
	for _, step := range []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 20 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 3 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute,
		20 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	} {
		if span <= step*time.Duration(points) {
			return step
		}
	}
	const day = 24 * time.Hour
	return (span/time.Duration(points) + day - 1) / day * day
}
