package allow

// optionSigns begin an option.
const optionSigns = "-/"
