// Package command drives the real binary as its operators do: scripts in testdata (testscript), each in a folder of its own.
//
// Besides testscript's own commands the scripts have
//
//	vigie CODE ARG...            run the binary and want this exit code
//	serve ARG...                 run a server on a free port; sets URL; ends it with the script
//	end SIGNAL                   send the server a signal, and want it to end: in order (0) for SIGTERM
//	token                        keep the last word of what was printed in TOKEN
//	id FILE                      keep the first id in the file in ID
//	api STATUS METHOD PATH [FILE]  call the server with TOKEN; the answer is the output
//	mode PERMISSIONS FILE        want these permissions
//	drain                        end the server in the middle of a request
package command
