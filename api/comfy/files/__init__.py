"""Files by kind of place, folder and name: pictures, models, what pages keep."""
