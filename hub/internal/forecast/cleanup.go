package forecast

import (
	"math"
	"slices"
)

// A fall is a sudden loss of bytes: from the hour before to the lowest one.
type fall struct {
	from, to int // places in the history
	at       int64
	size     float64
}

// What counts as a fall.
const (
	// fallHours is how many values it takes at most.
	fallHours = 6
	// leastFall is the least of it, as a share of the highest use.
	leastFall = 0.02
	// fallChanges is how many usual changes from hour to hour it has at least.
	fallChanges = 10
)

// What counts as a rhythm.
const (
	// weekSlack and daySlack are by how many hours two falls of a rhythm may miss their week or their day.
	weekSlack, daySlack = 6, 3
	// fallRatio is by how much two falls of a rhythm differ at most.
	fallRatio = 3
)

// sinceCleanup returns the history after the last fall that does not come back after a day or a week, and whether
// there are falls in it that come back after a week.
func sinceCleanup(hours []Hour) (kept []Hour, weekly bool) {
	falls := fallsIn(hours)
	for _, f := range slices.Backward(falls) {
		switch {
		case slices.ContainsFunc(falls, func(other fall) bool { return f.recurs(other, weekHours, weekSlack) }):
			weekly = true
		case slices.ContainsFunc(falls, func(other fall) bool { return f.recurs(other, dayHours, daySlack) }):
		default:
			return hours[f.to:], weekly
		}
	}
	return hours, weekly
}

// recurs says whether another fall is much like this one, a period before or after it.
func (f fall) recurs(other fall, period, slack int64) bool {
	apart := max(f.at-other.at, other.at-f.at)
	return apart >= period-slack && apart <= period+slack && f.size <= fallRatio*other.size && other.size <= fallRatio*f.size
}

func fallsIn(hours []Hour) []fall {
	if len(hours) < 2 {
		return nil
	}
	usual, highest := usualChange(hours)
	least := max(leastFall*highest, fallChanges*usual)
	var falls []fall
	for i := 0; i < len(hours)-1; i++ {
		low := lowestAfter(hours, i)
		size := hours[i].Used - hours[low].Used
		// What becomes less all the time has become less after a gap without any fall.
		if size < least || size < 2*usual*float64(hours[low].At-hours[i].At) {
			continue
		}
		falls = append(falls, fall{from: i, to: low, at: hours[low].At, size: size})
		i = low - 1
	}
	return falls
}

// lowestAfter returns the place of the lowest of the next few values.
func lowestAfter(hours []Hour, i int) int {
	low := i + 1
	for j := i + 2; j < len(hours) && j <= i+fallHours; j++ {
		if hours[j].Used < hours[low].Used {
			low = j
		}
	}
	return low
}

// usualChange returns the median of the changes per hour, and the highest use.
func usualChange(hours []Hour) (usual, highest float64) {
	changes := make([]float64, 0, len(hours)-1)
	highest = hours[0].Used
	for i := 1; i < len(hours); i++ {
		changes = append(changes, math.Abs(hours[i].Used-hours[i-1].Used)/float64(hours[i].At-hours[i-1].At))
		highest = max(highest, hours[i].Used)
	}
	slices.Sort(changes)
	return quantile(changes, 0.5), highest
}
