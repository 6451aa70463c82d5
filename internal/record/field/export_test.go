package field

// What the tests look at besides what is exported.
var (
	Decimal    = decimal
	Millionths = millionths
)
