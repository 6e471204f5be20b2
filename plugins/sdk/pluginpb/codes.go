package pluginpb

import "google.golang.org/grpc/codes"

// errorCodes pairs the codes of Exit.code with those of gRPC.
var errorCodes = []struct {
	name string
	grpc codes.Code
}{
	{"invalid", codes.InvalidArgument},
	{"unauthenticated", codes.Unauthenticated},
	{"forbidden", codes.PermissionDenied},
	{"not_found", codes.NotFound},
	{"conflict", codes.Aborted},
	{"limited", codes.ResourceExhausted},
	{"unavailable", codes.Unavailable},
	{"internal", codes.Internal},
}

// GRPCCode is the gRPC code for a code of Exit; Internal if there is no such
// code.
func GRPCCode(code string) codes.Code {
	for _, c := range errorCodes {
		if c.name == code {
			return c.grpc
		}
	}
	return codes.Internal
}

// ExitCode is the inverse of GRPCCode: "internal" for codes that are not among
// them, but "unavailable" for a deadline or a cancellation, and "" for OK.
func ExitCode(code codes.Code) string {
	switch code {
	case codes.OK:
		return ""
	case codes.DeadlineExceeded, codes.Canceled:
		return "unavailable"
	}
	for _, c := range errorCodes {
		if c.grpc == code {
			return c.name
		}
	}
	return "internal"
}
