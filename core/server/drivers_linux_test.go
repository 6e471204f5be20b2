package server_test

// drivers are the ways of I/O that work here.
var drivers = []string{"uring", "epoll", "stream"}
