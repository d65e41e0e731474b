package collect

import (
	"container/heap"
	"time"
)

// queue holds tasks by the time they are due.
type queue struct{ tasks taskHeap }

func (q *queue) add(t *task) {
	t.queued = true
	heap.Push(&q.tasks, t)
}

// first returns the task that is due first, nil if there is none.
func (q *queue) first() *task {
	if len(q.tasks) == 0 {
		return nil
	}
	return q.tasks[0]
}

// due counts the tasks that are due now.
func (q *queue) due(now time.Time) int {
	return q.tasks.due(0, now)
}

// remove takes the task out if it is in.
func (q *queue) remove(t *task) {
	if t.queued {
		heap.Remove(&q.tasks, t.index)
		t.queued = false
	}
}

// fix moves the task to where its new time belongs, if it is in.
func (q *queue) fix(t *task) {
	if t.queued {
		heap.Fix(&q.tasks, t.index)
	}
}

// due counts those of the task at index i and of all below it that are due: no
// task is due before the one above it.
func (h taskHeap) due(i int, now time.Time) int {
	if i >= len(h) || h[i].due.After(now) {
		return 0
	}
	return 1 + h.due(2*i+1, now) + h.due(2*i+2, now)
}

// taskHeap is a heap.Interface; every task knows its index.
type taskHeap []*task

func (h taskHeap) Len() int           { return len(h) }
func (h taskHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h taskHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *taskHeap) Push(x any) {
	t := x.(*task)
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *taskHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return t
}
