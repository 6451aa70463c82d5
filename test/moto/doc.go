// Package moto runs the AWS emulator moto (https://docs.getmoto.org) for tests.
//
// It owns the search for moto_server and for a Python with boto3, and the
// emulator's life. Each Start is an emulator of its own: its state is in
// memory, empty at first, and gone with it. It never skips: without moto the
// test fails with a word on how to install it.
package moto
