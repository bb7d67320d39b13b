"""What a turn costs, as ratios beside a floor in the same run on the same machine: `make bench`."""
