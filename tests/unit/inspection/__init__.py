"""Tests of baremetal/inspection: what comes of reports, good and bad."""
