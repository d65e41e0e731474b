// Package rollup sums finished blocks of samples up into tiers: coarser series that are kept for longer.
//
// A [Tier] is a folder of blocks in the format of the Prometheus TSDB. Each block covers a window of time that overlaps
// no other's, and holds for every stored series one series per aggregate, told apart by the label [LabelAggregate].
// A block appears whole, by the renaming of a folder, and names in its description the raw blocks that went into it. So
// what has been summed up is known from the files alone: work that is interrupted anywhere is done again from its
// beginning, and none is done twice.
//
// A [Roller] decides what is due. Windows of the first tier are made from raw blocks as soon as those are finished, and
// again when a block of late samples joins them. Once no sample of a time can come any more, windows are merged into
// longer ones, and the next tier is made from those.
//
// Times are Unix milliseconds.
package rollup
