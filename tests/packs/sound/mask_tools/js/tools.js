console.log("mask tools");
