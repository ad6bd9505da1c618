"""A made-up community for newcomers to look at, put in through the RPCs everybody uses."""
