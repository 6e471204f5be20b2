package natsstore

// playEnv has the test binary play a part instead of running tests.
const playEnv = "NATSSTORE_TEST_PART"

var parts = map[string]func(){}
