"""Test tools of Sluice: an RTMP client, an FLV reader, and the processes under test."""
